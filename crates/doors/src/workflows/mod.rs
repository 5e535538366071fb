//! Workflows: ActiveWorkflow's REST API, version 1, and the writing of all that it reads.

pub mod agents;
pub mod credentials;
pub mod deliveries;
pub mod hook;
pub mod messages;
mod read;
pub mod sets;
pub mod types;
