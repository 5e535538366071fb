//! Actions: what an agent proposes to do, what becomes of it, and who says so.

mod decide;
mod function;
pub mod json;
mod noun;
mod policy;
mod schema;
mod state;
#[cfg(test)]
mod tests;
mod trail;

pub use decide::{Situation, Verdict, decide, still_allowed};
pub use function::{Approve, BadFunction, DefinedBy, Function, FunctionAuth};
pub use json::IJson;
pub use noun::{Action, Approval, Approver, Holder, Origin, Said};
pub use policy::{Effect, Grant, Policy, Rule};
pub use state::{ActionEvent, ActionResult, ActionState, Refused};
pub use trail::{TrailEntry, TrailHead};
