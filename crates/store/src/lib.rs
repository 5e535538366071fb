//! The stores: `SQLite`, `PostgreSQL` and memory behind one port.
//!
//! Writes queue up and share transactions (`committer`). A transaction loads the rows that its
//! writes need, applies the writes to them in memory, and stores what changed (`batch`); so the
//! rules of a write are code that every engine runs alike. Statements are made from the description
//! of the tables (`tables`, `sql`) in the language of the engine (`dialect`). What is left to differ
//! is behind a small seam (`engine`), with files of the same names in `sqlite` and `postgres`.

mod backlog;
mod batch;
mod cache;
mod claims;
mod committer;
mod database;
mod dialect;
mod engine;
mod fault;
mod memory;
mod metrics;
mod open;
mod postgres;
mod queries;
mod retry;
mod rows;
mod search;
mod settle;
mod sql;
mod sqlite;
mod store;
mod tables;
#[cfg(test)]
mod tests;
pub mod vault;

pub use self::metrics::describe as describe_metrics;
pub use open::{OpenError, Role, memory, open};
pub use vault::{AeadVault, BadMasterKey, KeySource, MasterKey};
