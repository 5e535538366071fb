//! Connections that read single rows. Such a read takes less than handing it to another thread does, so it runs where it is
//! awaited.

use super::{
    conn,
    open::{BUSY, STATEMENTS},
};
use crate::{
    engine::{Arg, Conn},
    fault::Fault,
};
use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The connections to a file that nobody uses right now. There are never more than threads that read at once.
pub(super) struct Points {
    path: PathBuf,
    /// None once they are closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Points {
    /// None yet; each is opened when all others are in use.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Mutex::new(Some(Vec::new())),
        }
    }

    /// A connection of these.
    pub(super) fn reader(points: &Arc<Self>) -> Result<Point, Fault> {
        let idle = points.idle().as_mut().ok_or(Fault::Closed)?.pop();
        let conn = match idle {
            Some(conn) => conn,
            None => points.open()?,
        };
        Ok(Point {
            conn: Some(conn),
            points: Arc::clone(points),
        })
    }

    /// Closes those that are not in use, and the others as soon as they are not.
    pub(super) fn close(&self) {
        self.idle().take();
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.path, flags)?;
        conn.busy_timeout(BUSY)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(conn)
    }

    fn idle(&self) -> MutexGuard<'_, Option<Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that reads a row, and goes back.
pub(super) struct Point {
    /// None once it went back.
    conn: Option<Connection>,
    points: Arc<Points>,
}

impl Point {
    fn conn(&self) -> Result<&Connection, Fault> {
        self.conn.as_ref().ok_or(Fault::Closed)
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        if let Some(idle) = self.points.idle().as_mut() {
            idle.extend(self.conn.take());
        }
    }
}

#[async_trait]
impl Conn for Point {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        conn::rows(self.conn()?, sql, args)
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        conn::run(self.conn()?, sql, args)
    }
}
