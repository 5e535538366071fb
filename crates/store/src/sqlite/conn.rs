//! Connections and transactions of `SQLite`.

use crate::{
    engine::{Arg, Conn, Tx},
    fault::Fault,
};
use async_trait::async_trait;
use sqlx::{
    AssertSqlSafe, Sqlite, SqliteConnection, Transaction, pool::PoolConnection, query, query_scalar,
};

/// A connection that reads.
pub(super) struct Reader(pub(super) PoolConnection<Sqlite>);

/// A transaction of the one connection that writes.
pub(super) struct Writer(pub(super) Transaction<'static, Sqlite>);

// All statements are ours; what users give is bound.

async fn rows(conn: &mut SqliteConnection, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
    let mut query = query_scalar::<Sqlite, String>(AssertSqlSafe(sql));
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Int(number) => query.bind(*number),
        };
    }
    Ok(query.fetch_all(conn).await?)
}

async fn run(conn: &mut SqliteConnection, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
    let mut query = query::<Sqlite>(AssertSqlSafe(sql));
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
        rows(&mut self.0, sql, args).await
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        run(&mut self.0, sql, args).await
    }
}

#[async_trait]
impl Tx for Writer {
    async fn commit(self: Box<Self>) -> Result<(), Fault> {
        Ok(self.0.commit().await?)
    }
}
