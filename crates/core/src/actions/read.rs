//! Looking at actions.

use super::{propose::OPEN, require_owner};
use crate::app::{Switchboard, id_or_not_found};
use switchboard_domain::{
    Error, Result,
    ids::ActionId,
    nouns::{Action, ActionState, Principal},
    ports::{Query, Write, find, list as list_records},
};

/// Which actions.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those in one of these states; none for all.
    pub states: Vec<ActionState>,
    /// Only those behind this one.
    pub before: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// The caller's actions, newest first.
///
/// # Errors
/// [`Error::Named`] for callers that do not decide; [`Error::NotFound`] for the one to begin behind.
pub async fn list(caller: &Principal, app: &Switchboard, filter: Filter) -> Result<Vec<Action>> {
    require_owner(caller)?;
    let before = match &filter.before {
        Some(id) => {
            let action = own(caller, app, id).await?;
            Some((action.created_at, action.id))
        }
        None => None,
    };
    let query = Query::ActionsOf {
        owner: caller.user().clone(),
        states: filter.states,
        before,
        limit: filter.limit,
    };
    Ok(list_records(&*app.ports.store, &query).await?)
}

/// An action of the caller's.
///
/// # Errors
/// [`Error::NotFound`], also for another user's.
pub async fn get(caller: &Principal, app: &Switchboard, id: &str) -> Result<Action> {
    require_owner(caller)?;
    own(caller, app, id).await
}

/// An action of this user's.
pub async fn own(caller: &Principal, app: &Switchboard, id: &str) -> Result<Action> {
    let id: ActionId = id_or_not_found(id, "Action")?;
    let action: Option<Action> = find(&*app.ports.store, id.key()).await?;
    let action = action.filter(|action| action.owner == *caller.user());
    action.ok_or(Error::NotFound("Action"))
}

/// The actions of a task, a session or an agent of which nobody was told yet what became of them.
///
/// # Errors
/// When the store fails.
pub async fn untold(app: &Switchboard, source: &str) -> Result<Vec<Action>> {
    let query = Query::UntoldActions {
        source: source.to_owned(),
        limit: 2 * OPEN,
    };
    Ok(list_records(&*app.ports.store, &query).await?)
}

/// Notes in a write that a step was told what became of these.
pub fn told(mut write: Write, actions: &[Action], step: i64) -> Write {
    for action in actions {
        let told = Action {
            told: Some(step),
            ..action.clone()
        };
        write = write.unchanged(action.clone()).put(told);
    }
    write
}
