//! The chat door: sessions between people and agents, and between agents. `AgentConnect`'s API.
//!
//! One file an endpoint, found by its address.

pub mod agents;
pub mod auth;
pub mod connect;
pub mod frames;
pub mod sessions;
mod socket;
mod wire;
