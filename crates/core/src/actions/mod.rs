//! Actions: what agents propose to do on behalf of a user. The policy decides, people approve, somebody
//! runs it, and the result goes on where the proposal came from.
//!
//! Whatever happens to a user's actions is one write that ends with entries in the user's trail, and
//! those writes come one after another. So what such a write was made from still holds in it: the
//! policy, the grants, and the other actions.

mod account;
mod claim;
mod decide;
mod due;
mod functions;
mod grants;
mod onward;
mod outcome;
mod policy;
mod propose;
mod read;
mod server;
mod trail;

pub(crate) use account::connected;
pub use claim::{ClaimRequest, Finished, claim, finish, heartbeat};
pub(crate) use claim::{finish_or_repeat, handed_out};
pub(crate) use decide::cancel_all;
pub use decide::{Decision, cancel, decide};
pub(crate) use due::start;
pub(crate) use functions::{
    autonomy_of, check_file, check_options, definitions, of_options, read_said, without_functions,
};
pub use grants::{NewGrant, create_grant, list_grants, remove_grant};
pub(crate) use onward::{ROUND, told as result_of};
pub(crate) use outcome::{Acting, commit_acting};
pub use policy::{PolicyView, policy, set_policy};
pub(crate) use propose::{Proposal, Proposed, propose};
pub use read::{Filter, get, list};
pub(crate) use read::{told, untold};
pub(crate) use trail::{Book, Trails};
pub use trail::{Verified, trail, verify};

use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Reason, Result, Timestamp,
    nouns::{
        Action, Mode, Principal, Said, Scope,
        action::{ActionEvent, Refused},
    },
    ports::{Change, Kind, Receipt, Topic, Write, WriteError},
};
use tokio::sync::Notify;

/// The kinds of record from which such a write is made: if one of them changed, it is made anew.
pub(crate) const KINDS: [Kind; 5] = [
    Kind::TrailHead,
    Kind::Policy,
    Kind::Grant,
    Kind::Action,
    Kind::Account,
];
/// How often a write about a user's actions is made anew when another one was faster.
const TRIES: usize = 256;

/// Rung when actions changed.
#[derive(Default)]
pub struct Bells {
    /// The loop of what is due.
    pub due: Notify,
    /// The loop of what the server runs.
    pub server: Notify,
}

/// Makes a write about a user's actions from what is stored, and anew when others were faster.
///
/// # Errors
/// What `build` answers; [`Error::Conflict`] when others were faster every time.
pub(crate) async fn commit<T, F, B>(app: &Arc<Switchboard>, mut build: F) -> Result<(T, Receipt)>
where
    F: FnMut() -> B,
    B: Future<Output = Result<(T, Write)>>,
{
    let mut last = Error::Unavailable;
    for _ in 0..TRIES {
        let (value, write) = build().await?;
        let resumes = |change: &Change| matches!(change, Change::Resume(_));
        let resumes = write.changes.iter().any(resumes);
        match queue::commit(app, write).await {
            Ok(receipt) => {
                if resumes {
                    app.ring(&Topic::Queue);
                }
                return Ok((value, receipt));
            }
            Err(refused @ WriteError::Refused(_)) => last = refused.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(last)
}

/// An action after an event, or why not.
pub(crate) fn after(action: &Action, event: &ActionEvent, now: Timestamp) -> Result<Action> {
    action.after(event, now).map_err(|refused| {
        let words = format!("{}: {refused}", action.id);
        match refused {
            Refused::AlreadyResolved(_) | Refused::NotNow(_) => {
                Error::Named(Reason::AlreadyResolved, words)
            }
            Refused::DigestMismatch | Refused::NotApproved => {
                Error::Named(Reason::DigestMismatch, words)
            }
            Refused::LeaseLost => Error::Named(Reason::LeaseLost, words),
            Refused::Expired => Error::Named(Reason::ActionExpired, words),
        }
    })
}

/// Whether this caller is the user, or a program to which the user gave the scope `approve`.
pub(crate) fn require_owner(caller: &Principal) -> Result<()> {
    let is_person = matches!(caller, Principal::User { .. });
    if is_person || caller.has(Scope::Approve) {
        return Ok(());
    }
    Err(Error::Named(
        Reason::ApproverNotAllowed,
        "Sign in, or show an API token with the scope `approve` and without `act`; agents and executors \
         do not decide"
            .to_owned(),
    ))
}

/// Whether this caller may decide: the user, or a program to which the user gave the scope `approve`
/// and which runs no actions itself.
pub(crate) fn require_approver(caller: &Principal) -> Result<()> {
    let runs = matches!(caller, Principal::ApiToken { .. }) && caller.has(Scope::Act);
    if runs {
        return require_owner(&Principal::Local {
            name: caller.user().clone(),
        });
    }
    require_owner(caller)
}

/// Whether a caller may ask for a run like this: only who decides lets one go on without asking.
///
/// # Errors
/// [`Error::Named`].
pub(crate) fn check_said(caller: &Principal, said: &Said) -> Result<()> {
    let autonomy = said.autonomy.as_ref();
    if autonomy.is_none_or(|autonomy| autonomy.mode == Mode::Manual) {
        return Ok(());
    }
    require_approver(caller).map_err(|_| {
        let words = "`mode=continuous` needs a person, or a token with the scope `approve`; leave it \
                     out, and it asks";
        Error::Named(Reason::ApproverNotAllowed, words.to_owned())
    })
}

/// What is wrong with a member, as seen from the request.
pub(crate) fn within(member: &str, error: Error) -> Error {
    match error {
        Error::Fields(mut fields) => {
            for field in &mut fields {
                field.path.insert(0, member.to_owned());
            }
            Error::Fields(fields)
        }
        other => other,
    }
}

/// Who a caller is, as trails name them.
pub(crate) fn name_of(caller: &Principal) -> String {
    match caller {
        Principal::User { name, .. } | Principal::Local { name } => format!("user:{name}"),
        Principal::ApiToken { id, owner, .. } => format!("token:{id} of {owner}"),
    }
}
