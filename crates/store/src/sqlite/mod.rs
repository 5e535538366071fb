//! `SQLite`: one machine, one folder, one server.

mod checkpoint;
mod conn;
mod engine;
mod open;

pub(crate) use open::open;
