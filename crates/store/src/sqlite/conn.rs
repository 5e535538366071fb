//! Connections and transactions of `SQLite`.

use super::checkpoint::Checkpoints;
use crate::{
    engine::{Arg, Conn, Row, Tx},
    fault::Fault,
    sql::Bulk,
};
use async_trait::async_trait;
use rusqlite::{Connection, Statement, types::Null};
use sqlx::{AssertSqlSafe, Sqlite, pool::PoolConnection, query, query_scalar};
use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

/// A connection that reads.
pub(super) struct Reader(pub(super) PoolConnection<Sqlite>);

// All statements are ours; what users give is bound.

#[async_trait]
impl Conn for Reader {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        let mut query = query_scalar::<Sqlite, String>(AssertSqlSafe(sql));
        for arg in args {
            query = match arg {
                Arg::Text(text) => query.bind(text.clone()),
                Arg::Shared(text) => query.bind(text.to_string()),
                Arg::Int(number) => query.bind(*number),
                Arg::Null => query.bind(None::<i64>),
            };
        }
        Ok(query.fetch_all(&mut *self.0).await?)
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        let mut query = query::<Sqlite>(AssertSqlSafe(sql));
        for arg in args {
            query = match arg {
                Arg::Text(text) => query.bind(text.clone()),
                Arg::Shared(text) => query.bind(text.to_string()),
                Arg::Int(number) => query.bind(*number),
                Arg::Null => query.bind(None::<i64>),
            };
        }
        Ok(query.execute(&mut *self.0).await?.rows_affected())
    }
}

/// The one connection that writes; none once it is closed.
pub(super) type Writing = OwnedMutexGuard<Option<Connection>>;

/// A transaction of the one connection that writes. Its statements run where they are awaited, with
/// nothing between them: it keeps the thread.
pub(super) struct Writer {
    conn: Writing,
    checkpoints: Arc<Checkpoints>,
    is_open: bool,
}

impl Writer {
    /// Begins a transaction. One that began by reading could not become one that writes while
    /// somebody else writes.
    pub(super) fn begin(conn: Writing, checkpoints: &Arc<Checkpoints>) -> Result<Self, Fault> {
        let mut writer = Self {
            conn,
            checkpoints: Arc::clone(checkpoints),
            is_open: false,
        };
        writer.conn()?.execute_batch("BEGIN IMMEDIATE")?;
        writer.is_open = true;
        Ok(writer)
    }

    fn conn(&self) -> Result<&Connection, Fault> {
        self.conn.as_ref().ok_or(Fault::Closed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.is_open
            && let Ok(conn) = self.conn()
            && let Err(error) = conn.execute_batch("ROLLBACK")
        {
            tracing::debug!(?error, "a transaction was rolled back before");
        }
    }
}

/// The rows that the statement gives, on this thread.
pub(super) fn rows(conn: &Connection, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(row.get(0)?);
    }
    Ok(all)
}

/// Runs the statement on this thread, and tells how many rows it changed.
pub(super) fn run(conn: &Connection, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    bind(&mut statement, args)?;
    Ok(statement.raw_execute()?.try_into().unwrap_or(u64::MAX))
}

/// Binds by the numbers of the parameters, which need not come in their order.
fn bind(statement: &mut Statement<'_>, args: &[Arg]) -> Result<(), Fault> {
    for index in 1..=statement.parameter_count() {
        let number = statement
            .parameter_name(index)
            .and_then(|name| name.get(1..));
        let number: usize = number
            .and_then(|number| number.parse().ok())
            .unwrap_or(index);
        bind_one(statement, index, args.get(number - 1).unwrap_or(&Arg::Null))?;
    }
    Ok(())
}

fn bind_one(statement: &mut Statement<'_>, index: usize, arg: &Arg) -> rusqlite::Result<()> {
    match arg {
        Arg::Text(text) => statement.raw_bind_parameter(index, text),
        Arg::Shared(text) => statement.raw_bind_parameter(index, &**text),
        Arg::Int(number) => statement.raw_bind_parameter(index, number),
        Arg::Null => statement.raw_bind_parameter(index, Null),
    }
}

#[async_trait]
impl Conn for Writer {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        rows(self.conn()?, sql, args)
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        run(self.conn()?, sql, args)
    }

    /// One row after another, by one prepared statement: with nothing between them this is cheaper
    /// than JSON, which has to be taken apart again.
    async fn store(&mut self, sql: &Bulk, rows: &[Row]) -> Result<(), Fault> {
        let mut statement = self.conn()?.prepare_cached(&sql.one)?;
        for row in rows {
            for (index, arg) in row.iter().enumerate() {
                bind_one(&mut statement, index + 1, arg)?;
            }
            statement.raw_execute()?;
        }
        Ok(())
    }
}

#[async_trait]
impl Tx for Writer {
    async fn version(&mut self) -> Result<Option<i64>, Fault> {
        let mut statement = self.conn()?.prepare_cached("PRAGMA data_version")?;
        Ok(Some(statement.query_row([], |row| row.get(0))?))
    }

    async fn commit(mut self: Box<Self>) -> Result<(), Fault> {
        self.conn()?.prepare_cached("COMMIT")?.execute([])?;
        self.is_open = false;
        self.checkpoints.committed();
        Ok(())
    }
}
