//! The door for people: a page on which they talk with agents, and watch agents talk.
//!
//! It is a client of the chat door like any other, and all of it is in the binary.

mod assets;
pub mod connect;
pub mod file;
pub mod start;
