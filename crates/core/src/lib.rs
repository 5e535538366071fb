//! The use cases of Switchboard, one module a noun, and the loops that work its queue.
//!
//! A use case takes the caller first and checks what the caller may do; no door does. It knows no
//! protocol: whoever comes in by whatever door gets the same rules, the same writes and the same
//! events.

mod app;
mod due;
mod follow;
mod known;
mod metrics;
mod queue;
mod rates;
mod retry;
mod runtimes;
mod settings;
mod spending;
mod upkeep;

pub mod accounts;
pub mod actions;
pub mod agents;
pub mod capabilities;
pub mod dialogue;
pub mod identity;
pub mod keys;
pub mod sessions;
pub mod tasks;
pub mod types;
pub mod workflows;

pub use self::metrics::describe as describe_metrics;
pub use app::{Ports, Switchboard};
pub use follow::{FollowError, Follower, Live, Shared};
pub use rates::{Rate, Rates};
pub use settings::{Limits, Settings};
