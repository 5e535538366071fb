//! Connections and transactions of `PostgreSQL`.

use super::engine::{Fate, Link};
use crate::{
    engine::{Arg, Conn, Tx},
    fault::Fault,
};
use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Executor, PgConnection, Postgres, Row, pool::PoolConnection, query,
    query_scalar, raw_sql,
};
use std::time::Duration;

/// How long a statement may take. Without an answer by then the connection counts as lost, also
/// where the network says nothing.
pub(super) const ANSWERED_WITHIN: Duration = Duration::from_secs(if cfg!(test) { 5 } else { 30 });

/// A connection of the pool. It goes back only from a known state; else it is closed, with which the
/// database rolls back what was begun.
struct Held {
    conn: PoolConnection<Postgres>,
    is_clean: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_clean {
            self.conn.close_on_drop();
        }
    }
}

/// A connection that reads.
pub(super) struct Reader(Held);

/// A transaction that writes.
pub(super) struct Writer {
    held: Held,
    /// Its number in the database, by which its fate can be asked.
    number: String,
    /// Where to ask.
    link: Link,
}

impl Reader {
    /// Reads on this connection.
    pub(super) fn on(conn: PoolConnection<Postgres>) -> Self {
        Self(Held {
            conn,
            is_clean: true,
        })
    }

    /// The first row, which must be there.
    pub(super) async fn one(&mut self, sql: &str, args: &[Arg]) -> Result<String, Fault> {
        let row = self.rows(sql, args).await?.into_iter().next();
        row.ok_or_else(|| Fault::bad(format!("no answer to `{sql}`")))
    }
}

impl Writer {
    /// Begins a transaction, and asks for its number in the same breath.
    pub(super) async fn begin(conn: PoolConnection<Postgres>, link: Link) -> Result<Self, Fault> {
        const BEGIN: &str =
            "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_current_xact_id()::text";
        let mut held = Held {
            conn,
            is_clean: false,
        };
        let row = bounded((&mut *held.conn).fetch_one(raw_sql(BEGIN))).await?;
        let number = row.try_get(0)?;
        Ok(Self { held, number, link })
    }
}

async fn bounded<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>> + Send,
) -> Result<T, Fault> {
    match tokio::time::timeout(ANSWERED_WITHIN, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Fault::Away(format!("no answer within {ANSWERED_WITHIN:?}"))),
    }
}

// All statements are ours; what users give is bound.

async fn rows(conn: &mut PgConnection, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
    let mut query = query_scalar::<Postgres, String>(AssertSqlSafe(sql));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Shared(text) => query.bind(text.to_string()),
            Arg::Int(number) => query.bind(*number),
            Arg::Null => query.bind(None::<i64>),
        };
    }
    bounded(query.fetch_all(conn)).await
}

async fn run(conn: &mut PgConnection, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
    let mut query = query::<Postgres>(AssertSqlSafe(sql));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Shared(text) => query.bind(text.to_string()),
            Arg::Int(number) => query.bind(*number),
            Arg::Null => query.bind(None::<i64>),
        };
    }
    Ok(bounded(query.execute(conn)).await?.rows_affected())
}

#[async_trait]
impl Conn for Reader {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        self.0.is_clean = false;
        let rows = rows(&mut self.0.conn, sql, args).await?;
        self.0.is_clean = true;
        Ok(rows)
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        self.0.is_clean = false;
        let count = run(&mut self.0.conn, sql, args).await?;
        self.0.is_clean = true;
        Ok(count)
    }
}

#[async_trait]
impl Conn for Writer {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        rows(&mut self.held.conn, sql, args).await
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        run(&mut self.held.conn, sql, args).await
    }
}

#[async_trait]
impl Tx for Writer {
    async fn commit(self: Box<Self>) -> Result<(), Fault> {
        let Self {
            mut held,
            number,
            link,
        } = *self;
        let committed = bounded((&mut *held.conn).execute("COMMIT")).await;
        held.is_clean = committed.is_ok();
        // The connection is needed no more, and another may be, to ask.
        drop(held);
        match committed {
            // The answer was lost, perhaps after the commit. Only the database knows.
            Err(Fault::Away(cause)) => match link.fate(&number).await {
                Some(Fate::Committed) => Ok(()),
                Some(Fate::Aborted) => Err(Fault::Away(cause)),
                None => Err(Fault::Unknown(cause)),
            },
            committed => committed.map(|_| ()),
        }
    }
}
