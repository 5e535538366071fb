//! Giving an agent a task.

use super::{agent, execute::check_functions};
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::TaskId,
    nouns::{Event, Object, Principal, Task, TaskState},
    ports::Write,
    text::storable,
};

/// A task to make.
#[derive(Debug, Default)]
pub struct NewTask {
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the client gives besides.
    pub additional_input: Object,
}

/// Gives an agent a task: the named one, or the default agent.
///
/// # Errors
/// [`Error::NotFound`](switchboard_domain::Error::NotFound) for an agent that the caller may not use.
pub async fn create(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    new: NewTask,
) -> Result<Task> {
    agent::require(caller)?;
    check_functions(&new.additional_input)?;
    let agent = agent::usable(caller, app, named).await?;
    let task = Task {
        id: TaskId::from_uuid(app.ports.uuid()),
        owner: caller.user().clone(),
        agent,
        input: new.input.map(|text| storable(&text).into_owned()),
        additional_input: new.additional_input,
        state: TaskState::Open,
        last: None,
        acts: false,
        created_at: app.ports.now(),
        ended_at: None,
    };
    let event = Event::TaskCreated {
        agent: task.agent.clone(),
        input: task.input.clone(),
    };
    let write = Write::new().put(task.clone()).append(task.stream(), event);
    queue::commit(app, write).await?;
    app.open_tasks.note(&task);
    Ok(task)
}
