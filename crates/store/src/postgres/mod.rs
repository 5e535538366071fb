//! `PostgreSQL`: many nodes, one database.

mod conn;
mod engine;
mod open;

pub(crate) use open::open;
