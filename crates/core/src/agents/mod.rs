//! Registered agents: private to their owner or shared, reachable by their id.

mod actor;
mod errand;
mod message;
mod read;
mod register;

pub(crate) use actor::{Actor, provider_and_model};
pub(crate) use errand::run_errand;
pub use message::{NewAgentMessage, SentMessage, message, messages};
pub(crate) use read::visible;
pub use read::{AgentPage, AgentView, Status, ViewedAgent, list, providers, search, status};
pub(crate) use register::next_id;
pub use register::{NewAgent, register, unregister};
