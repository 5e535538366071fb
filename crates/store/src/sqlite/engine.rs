//! `SQLite` as an engine: one connection writes, a few read beside it.

use super::{
    checkpoint::Checkpoints,
    conn::{Reader, Writer},
    points::Points,
};
use crate::{
    dialect::Dialect,
    engine::{Conn, Engine, Reading, Tx},
    fault::Fault,
};
use async_trait::async_trait;
use rusqlite::Connection;
use sqlx::SqlitePool;
use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

/// An open `SQLite` database.
pub(crate) struct SqliteEngine {
    /// The one connection that writes, until it is closed. Who wants to write waits for it.
    pub(super) writer: Arc<tokio::sync::Mutex<Option<Connection>>>,
    /// Carries the log over, beside the writer.
    pub(super) checkpoints: Arc<Checkpoints>,
    /// The connections that read.
    pub(super) readers: SqlitePool,
    /// Those that read single rows.
    pub(super) points: Arc<Points>,
    /// The lock that a server has on the database until it closes it.
    pub(super) lock: Mutex<Option<File>>,
}

#[async_trait]
impl Engine for SqliteEngine {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn keeps_thread(&self) -> bool {
        true
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, Fault> {
        let conn = Arc::clone(&self.writer).lock_owned().await;
        Ok(Box::new(Writer::begin(conn, &self.checkpoints)?))
    }

    async fn reader(&self, what: Reading) -> Result<Box<dyn Conn>, Fault> {
        Ok(match what {
            Reading::One => Box::new(Points::reader(&self.points)?),
            Reading::Many => Box::new(Reader(self.readers.acquire().await?)),
        })
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, Fault> {
        let conn = self.writer.lock().await;
        let conn = conn.as_ref().ok_or(Fault::Closed)?;
        let journal: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        let synchronous: i64 = conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        Ok(vec![
            ("journal_mode".to_owned(), journal),
            ("synchronous".to_owned(), synchronous.to_string()),
        ])
    }

    async fn close(&self) {
        self.readers.close().await;
        self.points.close();
        self.checkpoints.close().await;
        self.writer.lock().await.take();
        self.lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}
