//! `SQLite` as an engine: one connection writes, a few read beside it.

use super::conn::{Reader, Writer};
use crate::{
    dialect::Dialect,
    engine::{Conn, Engine, Tx},
    fault::Fault,
};
use async_trait::async_trait;
use sqlx::{Sqlite, SqlitePool, query_scalar};
use std::{
    fs::File,
    sync::{Mutex, PoisonError},
};

/// An open `SQLite` database.
pub(crate) struct SqliteEngine {
    /// The one connection that writes. Who wants to write waits for it.
    pub(super) writer: SqlitePool,
    /// The connections that read.
    pub(super) readers: SqlitePool,
    /// The lock that a server has on the database until it closes it.
    pub(super) lock: Mutex<Option<File>>,
}

#[async_trait]
impl Engine for SqliteEngine {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, Fault> {
        // A transaction that began by reading could not become one that writes while another writes.
        Ok(Box::new(Writer(
            self.writer.begin_with("BEGIN IMMEDIATE").await?,
        )))
    }

    async fn reader(&self) -> Result<Box<dyn Conn>, Fault> {
        Ok(Box::new(Reader(self.readers.acquire().await?)))
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, Fault> {
        let mut conn = self.writer.acquire().await?;
        let journal: String = query_scalar::<Sqlite, _>("PRAGMA journal_mode")
            .fetch_one(&mut *conn)
            .await?;
        let synchronous: i64 = query_scalar::<Sqlite, _>("PRAGMA synchronous")
            .fetch_one(&mut *conn)
            .await?;
        Ok(vec![
            ("journal_mode".to_owned(), journal),
            ("synchronous".to_owned(), synchronous.to_string()),
        ])
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        self.lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}
