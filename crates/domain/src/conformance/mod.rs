//! The ports' contracts in code. Every adapter runs the suite of its port.

pub mod store;
