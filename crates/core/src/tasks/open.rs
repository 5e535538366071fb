//! Actions of a task that nobody has finished: a step that is asked for meanwhile shows them again.

use super::pages::StepView;
use crate::{
    actions::{self, Finished},
    app::Switchboard,
};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    nouns::{Action, ActionState, Place, Principal, Step, Task, action::Origin},
    ports::find,
};

/// Takes the results of actions of this task from its client.
///
/// # Errors
/// As [`actions::finish`].
pub async fn finish(
    caller: &Principal,
    app: &Arc<Switchboard>,
    task: &Task,
    results: &[(String, Finished)],
) -> Result<()> {
    for (id, finished) in results {
        let action: Option<Action> = find(&*app.ports.store, id.as_str()).await?;
        if action.is_none_or(|action| action.source != task.id.as_str()) {
            return Err(Error::NotFound("Action"));
        }
        actions::finish_or_repeat(caller, app, id, finished).await?;
    }
    Ok(())
}

/// The last step with the actions that are open, if some are. What is ready for the client is handed out.
///
/// # Errors
/// When the store fails.
pub async fn view(app: &Arc<Switchboard>, task: &Task) -> Result<Option<StepView>> {
    if !task.acts {
        return Ok(None);
    }
    let untold = actions::untold(app, task.id.as_str()).await?;
    let mut open = Vec::new();
    for action in untold.into_iter().filter(is_shown) {
        let for_client = action.state == ActionState::Ready && action.at == Place::Client;
        let action = if for_client {
            actions::handed_out(app, &action).await?
        } else {
            action
        };
        open.push(action);
    }
    let Some(Origin::Task { step, .. }) = open.last().map(|action| &action.origin) else {
        return Ok(None);
    };
    let step: Option<Step> = find(&*app.ports.store, step.to_string()).await?;
    Ok(step.map(|step| {
        let mut view = StepView::done(step);
        view.result.functions = open;
        view
    }))
}

/// Whether an action stands between the client and the next step.
pub fn is_shown(action: &Action) -> bool {
    action.is_open() && !waits(action)
}

/// Whether a step waits for an action.
pub fn waits(action: &Action) -> bool {
    matches!(action.origin, Origin::Task { waits: true, .. })
}
