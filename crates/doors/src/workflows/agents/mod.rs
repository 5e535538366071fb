//! Agents in workflows.

pub mod create;
pub mod delete;
pub mod details;
pub mod dry_run;
pub mod edit;
pub mod life;
pub mod list;
pub mod logs;
pub mod memory;
pub mod retry;
mod timing;
