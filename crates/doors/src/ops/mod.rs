//! The operator's door: whether the server is well, and what it offers.

pub mod description;
pub mod docs;
pub mod health;
pub mod metrics;
pub mod root;
