//! The nouns of Switchboard: their typed ids, their states and events, the errors, and the ports
//! through which the core reaches the world.
//!
//! This crate is the ground floor. It imports no other crate of the project, no runtime, no
//! database and no web framework, so everything above can rely on it and a simulation can run it.

pub mod conformance;
pub mod error;
pub mod ids;
pub mod nouns;
pub mod ports;
pub mod text;
pub mod time;

pub use error::{Error, Reason, Result, innermost_cause};
pub use time::Timestamp;
