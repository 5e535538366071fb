//! Sessions and their transcripts.

mod agents;
pub mod create;
pub mod end;
pub mod get;
pub mod list;
pub mod messages;
pub mod providers;
pub mod shape;
mod view;
