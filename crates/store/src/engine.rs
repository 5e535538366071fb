//! The seam between the store and its engines. All that differs is behind it.

use crate::{dialect::Dialect, fault::Fault};
use async_trait::async_trait;
use switchboard_domain::text;

/// A value that is bound to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arg {
    /// Text without U+0000.
    Text(String),
    /// An integer.
    Int(i64),
}

impl Arg {
    /// Text; U+0000 is replaced as in what is stored, so that it is found again.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text::storable(text).into_owned())
    }

    /// A limit.
    pub(crate) fn limit(limit: usize) -> Self {
        Self::Int(i64::try_from(limit).unwrap_or(i64::MAX))
    }
}

/// A connection.
#[async_trait]
pub(crate) trait Conn: Send {
    /// The rows that the statement gives. Each is one text, mostly a JSON object.
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault>;

    /// Runs the statement and tells how many rows it changed.
    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault>;
}

/// A transaction that may write. Dropped, it is rolled back.
#[async_trait]
pub(crate) trait Tx: Conn {
    /// Makes it durable. After an error nothing of it happened, except for [`Fault::Unknown`].
    async fn commit(self: Box<Self>) -> Result<(), Fault>;
}

/// A database.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// Its language.
    fn dialect(&self) -> Dialect;

    /// Begins a transaction that may write.
    async fn begin(&self) -> Result<Box<dyn Tx>, Fault>;

    /// A connection to read from.
    async fn reader(&self) -> Result<Box<dyn Conn>, Fault>;

    /// What the writing connection says about its durability.
    async fn durability(&self) -> Result<Vec<(String, String)>, Fault>;

    /// Closes all connections.
    async fn close(&self);
}
