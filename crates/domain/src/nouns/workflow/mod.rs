//! Agents in workflows: how they are set up, how they are linked, and what they are given.

mod agent;
mod retry;
mod set;

pub use agent::{Activity, DueCheck, FailureOrder, Grants, Links, WorkflowAgent};
pub use retry::{RetryDelay, RetryPolicy};
pub use set::{AgentUrl, Credential, Wallet, Workflow};
