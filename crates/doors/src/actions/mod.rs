//! Actions: the inbox, decisions, whoever runs them, rules and grants, and the trail.

pub mod audit;
pub mod decision;
pub mod grants;
pub mod list;
pub mod policy;
pub mod run;
