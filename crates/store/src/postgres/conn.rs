//! Connections and transactions of `PostgreSQL`.

use super::engine::{Fate, Link};
use crate::{
    engine::{Arg, Conn, Tx},
    fault::Fault,
};
use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, Transaction, pool::PoolConnection, query, query_scalar,
};

/// A connection that reads.
pub(super) struct Reader(pub(super) PoolConnection<Postgres>);

/// A transaction that writes.
pub(super) struct Writer {
    pub(super) tx: Transaction<'static, Postgres>,
    /// Its number in the database, by which its fate can be asked.
    pub(super) number: String,
    /// Where to ask.
    pub(super) link: Link,
}

// All statements are ours; what users give is bound.

pub(super) async fn rows(
    conn: &mut PgConnection,
    sql: &str,
    args: &[Arg],
) -> Result<Vec<String>, Fault> {
    let mut query = query_scalar::<Postgres, String>(AssertSqlSafe(sql));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Int(number) => query.bind(*number),
        };
    }
    Ok(query.fetch_all(conn).await?)
}

async fn run(conn: &mut PgConnection, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
    let mut query = query::<Postgres>(AssertSqlSafe(sql));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Int(number) => query.bind(*number),
        };
    }
    Ok(query.execute(conn).await?.rows_affected())
}

#[async_trait]
impl Conn for Reader {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        rows(&mut self.0, sql, args).await
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        run(&mut self.0, sql, args).await
    }
}

#[async_trait]
impl Conn for Writer {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        rows(&mut self.tx, sql, args).await
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        run(&mut self.tx, sql, args).await
    }
}

#[async_trait]
impl Tx for Writer {
    async fn commit(self: Box<Self>) -> Result<(), Fault> {
        let Self { tx, number, link } = *self;
        let Err(fault) = tx.commit().await.map_err(Fault::from) else {
            return Ok(());
        };
        let Fault::Away(cause) = fault else {
            return Err(fault);
        };
        // The answer was lost, perhaps after the commit. Only the database knows.
        match link.fate(&number).await {
            Some(Fate::Committed) => Ok(()),
            Some(Fate::Aborted) => Err(Fault::Away(cause)),
            None => Err(Fault::Unknown(cause)),
        }
    }
}
