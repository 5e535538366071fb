//! What the tests share: clients of the doors, a clock that is moved by hand, randomness that
//! repeats, a provider of models and remote agents that do what the test says.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "a helper fails its test by panicking, and asks the machine as a client would"
)]

pub mod agent;
pub mod browser;
pub mod chat;
pub mod clock;
pub mod losing;
pub mod oauth;
pub mod provider;
pub mod random;
pub mod socket;
pub mod wire;

use std::time::Duration;

/// How long a test waits for something that should happen at once, before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);
