//! What people say about actions.

use super::{Book, after, name_of, onward, policy::Standing, propose, read, require_approver};
use crate::app::Switchboard;
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_domain::{
    Error, Reason, Result,
    error::FieldError,
    ids::{ActionId, Username},
    nouns::{
        Action, ActionState, Object, Principal,
        action::{ActionEvent, ActionResult, json as ijson},
    },
    ports::Write,
    text::{clip, storable},
};

/// The longest reason, in bytes.
const WORDS: usize = 1000;

/// What a person says about an action. Each names the digest of what it is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// Not like this, but with these arguments.
    Edit(Object),
    /// Nobody knows whether it was done; do it once more.
    Retry,
    /// It was done; what came of it.
    MarkSucceeded(Value),
    /// It was not done; why.
    MarkFailed(String),
}

impl Decision {
    fn event(&self, caller: &Principal, digest: &str) -> ActionEvent {
        let (by, digest) = (caller.user().clone(), digest.to_owned());
        match self {
            Self::Approve => ActionEvent::Approve(by, digest),
            Self::Reject | Self::Edit(_) => ActionEvent::Reject(digest),
            Self::Retry => ActionEvent::Retry(by, digest),
            Self::MarkSucceeded(output) => {
                ActionEvent::Mark(digest, ActionResult::Succeeded(output.clone()))
            }
            Self::MarkFailed(why) => {
                let why = clip(storable(why).into_owned(), WORDS);
                ActionEvent::Mark(digest, ActionResult::Failed(why))
            }
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Reject => "rejected",
            Self::Edit(_) => "edited",
            Self::Retry => "retried",
            Self::MarkSucceeded(_) => "marked as succeeded",
            Self::MarkFailed(_) => "marked as failed",
        }
    }
}

/// Decides about an action of the caller's. An edit gives the action that took its place.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Named`] for callers that do not decide, another digest, or an action
/// about which nothing is to be decided any more; [`Error::Fields`] for arguments that do not fit.
pub async fn decide(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: &str,
    digest: &str,
    decision: Decision,
) -> Result<Action> {
    require_approver(caller)?;
    let decision = &decision;
    let build = || async move {
        let mut book = Book::open(app, caller.user()).await?;
        let action = read::own(caller, app, id).await?;
        book.unchanged(action.clone());
        let next = if let Decision::Edit(arguments) = decision {
            edit(caller, &mut book, &action, digest, arguments).await?
        } else {
            say(caller, &mut book, &action, digest, decision).await?
        };
        Ok((next, book.into_write(Write::new())))
    };
    Ok(super::commit(app, build).await?.0)
}

async fn say(
    caller: &Principal,
    book: &mut Book<'_>,
    action: &Action,
    digest: &str,
    decision: &Decision,
) -> Result<Action> {
    let now = book.app().ports.now();
    let lets = matches!(decision, Decision::Approve | Decision::Retry);
    let next = after(action, &decision.event(caller, digest), now)?;
    if lets {
        not_denied(book, &next).await?;
    }
    if let Decision::MarkSucceeded(output) = decision {
        gives(action, output)?;
    }
    book.enter(
        decision.name(),
        &name_of(caller),
        Some(&next),
        Object::new(),
    )?;
    let next = match (&next.origin, lets) {
        // A client of a task gets it with the next step, which claims it then.
        (switchboard_domain::nouns::action::Origin::Task { .. }, _) | (_, false) => next,
        (_, true) => propose::begun(book, next)?,
    };
    onward::store(book, next).await
}

/// A person cannot let through what a rule forbids.
async fn not_denied(book: &mut Book<'_>, action: &Action) -> Result<()> {
    let standing = Standing::read(book.app(), book.owner()).await?;
    let verdict = standing.still(action, book.app().ports.now());
    standing.store(book);
    if verdict == switchboard_domain::nouns::action::Verdict::Denied {
        let words = "A rule forbids this action; change the policy first, or reject it";
        return Err(Error::Named(Reason::PolicyDenied, words.to_owned()));
    }
    Ok(())
}

/// Whether this may be the action's result.
pub fn gives(action: &Action, output: &Value) -> Result<()> {
    let wrong = |why: String| {
        let words = format!("The result does not fit what the function returns: {why}");
        Error::Named(Reason::ResultSchema, clip(words, WORDS))
    };
    action.function.gives(output).map_err(wrong)
}

/// Puts an action with other arguments in the place of one that waits for a decision.
async fn edit(
    caller: &Principal,
    book: &mut Book<'_>,
    action: &Action,
    digest: &str,
    arguments: &Object,
) -> Result<Action> {
    let wrong = |why: String| FieldError::value(&["arguments"], why, Value::Null);
    ijson::check(arguments).map_err(wrong)?;
    action.function.takes(arguments).map_err(wrong)?;
    let (app, now) = (book.app(), book.app().ports.now());
    let id = ActionId::from_uuid(app.ports.uuid());
    let event = ActionEvent::Supersede(id.clone(), digest.to_owned());
    let mut old = after(action, &event, now)?;
    old.told = Some(0);
    let details = Object::from_iter([("superseded_by".to_owned(), json!(id))]);
    book.enter("edited", &name_of(caller), Some(&old), details)?;
    book.put(old);
    let mut new = Action {
        id,
        arguments: arguments.clone(),
        state: ActionState::Proposed,
        approval: None,
        lease: 0,
        created_at: now,
        expires_at: now.plus_seconds(action.function.expires_s.into()),
        due_at: None,
        ..action.clone()
    };
    new.digest = new.fresh_digest().map_err(Error::Internal)?;
    let mut standing = Standing::read(app, book.owner()).await?;
    let new = propose::decided(book, &mut standing, new, false).await?;
    standing.store(book);
    Ok(new)
}

/// Calls off what is open of a task that is over.
///
/// # Errors
/// When the store fails.
pub async fn cancel_all(app: &Arc<Switchboard>, owner: &Username, source: &str) -> Result<()> {
    let build = || async move {
        let mut book = Book::open(app, owner).await?;
        for action in super::untold(app, source).await? {
            if action.is_final() {
                continue;
            }
            let next = after(&action, &ActionEvent::Cancel, app.ports.now())?;
            book.unchanged(action);
            book.enter("cancelled", "its task is over", Some(&next), Object::new())?;
            book.put(next);
        }
        Ok(((), book.into_write(Write::new())))
    };
    super::commit(app, build).await?;
    Ok(())
}

/// Calls off an action of the caller's.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Named`] for callers that do not decide, and when it is over.
pub async fn cancel(caller: &Principal, app: &Arc<Switchboard>, id: &str) -> Result<Action> {
    require_approver(caller)?;
    let build = || async move {
        let mut book = Book::open(app, caller.user()).await?;
        let action = read::own(caller, app, id).await?;
        book.unchanged(action.clone());
        let next = after(&action, &ActionEvent::Cancel, app.ports.now())?;
        book.enter("cancelled", &name_of(caller), Some(&next), Object::new())?;
        let next = onward::store(&mut book, next).await?;
        Ok((next, book.into_write(Write::new())))
    };
    Ok(super::commit(app, build).await?.0)
}
