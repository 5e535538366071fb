//! `SQLite`: one machine, one folder, one server.

mod checkpoint;
mod conn;
mod engine;
mod open;
mod points;

pub(crate) use open::open;
