//! Workflows: named sets of agents.

pub mod change;
pub mod file;
pub mod read;
