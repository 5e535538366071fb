//! The seam between the store and its engines. All that differs is behind it.

use crate::{dialect::Dialect, fault::Fault, rows, sql::Bulk};
use async_trait::async_trait;
use serde::{Serialize, Serializer};
use std::sync::Arc;
use switchboard_domain::text;

/// A value that is bound to a statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub(crate) enum Arg {
    /// Text without U+0000.
    Text(String),
    /// Such a text that others hold too. A column has only one of both.
    Shared(Arc<str>),
    /// An integer.
    Int(i64),
    /// Nothing.
    Null,
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

/// A row to be stored: a value for each column, in their order.
pub(crate) type Row = Vec<Arg>;

/// A row as a JSON object.
struct Named<'a>(&'a [&'static str], &'a Row);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().zip(self.1))
    }
}

/// A connection.
#[async_trait]
pub(crate) trait Conn: Send {
    /// The rows that the statement gives. Each is one text, mostly a JSON object.
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault>;

    /// Runs the statement and tells how many rows it changed.
    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault>;

    /// Stores rows: in as few statements as there may be, since each is a way there and back.
    async fn store(&mut self, sql: &Bulk, rows: &[Row]) -> Result<(), Fault> {
        let objects = rows.iter().map(|row| Named(&sql.columns, row));
        for array in rows::arrays(objects)? {
            self.run(&sql.many, &[Arg::Text(array)]).await?;
        }
        Ok(())
    }
}

/// A transaction that may write. Dropped, it is rolled back.
#[async_trait]
pub(crate) trait Tx: Conn {
    /// A number that is another when somebody else wrote to the database since it was last asked for.
    /// None where others write all the time.
    async fn version(&mut self) -> Result<Option<i64>, Fault> {
        Ok(None)
    }

    /// Makes it durable. After an error nothing of it happened, except for [`Fault::Unknown`].
    async fn commit(self: Box<Self>) -> Result<(), Fault>;
}

/// What a connection is to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A row that is found by its key, or none.
    One,
    /// Whatever there is.
    Many,
}

/// A database.
#[async_trait]
pub(crate) trait Engine: Send + Sync {
    /// Its language.
    fn dialect(&self) -> Dialect;

    /// Whether its transactions keep the thread that they run on.
    fn keeps_thread(&self) -> bool {
        false
    }

    /// Begins a transaction that may write.
    async fn begin(&self) -> Result<Box<dyn Tx>, Fault>;

    /// A connection to read from.
    async fn reader(&self, what: Reading) -> Result<Box<dyn Conn>, Fault>;

    /// What the writing connection says about its durability.
    async fn durability(&self) -> Result<Vec<(String, String)>, Fault>;

    /// Closes all connections.
    async fn close(&self);
}
