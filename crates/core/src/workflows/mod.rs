//! Workflows: agents that emit messages for each other, check on schedules, and remember.

mod controls;
mod create;
mod credentials;
mod deliveries;
mod dry_run;
mod edit;
mod export;
mod grants;
mod hook;
mod hop;
mod import;
mod issues;
mod keep;
mod life;
mod message;
mod outcome;
mod read;
mod remove;
mod schedule;
mod sets;

pub use create::{Linked, NewMember, create, user_number};
pub use credentials::{CredentialView, credentials, remove_credential, set_credential};
pub use deliveries::{DeliveryView, State, deliveries, forget, retry};
pub use dry_run::{DryRun, dry_run};
pub use edit::{Edit, copy, drop_pending, edit};
pub use export::export;
pub(crate) use grants::granted;
pub use hook::{HookRequest, hook};
pub(crate) use hop::{Hop, run};
pub use import::import;
pub use issues::Issue;
pub(crate) use keep::sweep;
pub use life::{
    LogLine, clear_log, delete_messages, emit_again, emit_by_hand, erase_memory, log, memory,
    run_check, set_memory,
};
pub(crate) use message::RECENT;
pub(crate) use outcome::commit_hop;
pub use read::{AgentEntry, MESSAGES_MAX, MessageView, agent, agents, message, messages};
pub use remove::delete;
pub(crate) use schedule::{Bells, start};
pub use sets::{
    Fate, WorkflowEdit, WorkflowView, create_workflow, delete_workflow, edit_workflow, leave,
    reset_workflow, switch_workflow, workflow, workflows,
};

use switchboard_domain::{
    Error, Result,
    nouns::{Principal, Scope},
};

/// Workflows are for signed-in users and for API tokens with the scope `workflows`.
pub(crate) fn require_workflows(caller: &Principal) -> Result<()> {
    if caller.has(Scope::Workflows) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "This API token lacks the scope `workflows`".to_owned(),
    ))
}
