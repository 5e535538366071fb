//! Registered agents.

pub mod capabilities;
pub mod list;
pub mod message;
pub mod messages;
pub mod register;
pub mod search;
pub mod status;
pub mod unregister;
mod view;
