//! Giving an agent a task.

use super::{
    agent,
    execute::check_functions,
    pages::{self, Status, TaskView},
};
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    ids::{StreamId, TaskId},
    nouns::{Delegation, Event, Object, Position, Principal, Task, TaskState},
    ports::{Change, Page, Refusal, Write, WriteError, find},
    text::storable,
};

/// How many bytes of events are read to find a task by its name.
const BYTES: usize = 1 << 16;

/// A task to make.
#[derive(Debug, Default)]
pub struct NewTask {
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the client gives besides.
    pub additional_input: Object,
    /// The client's own name for the task: the same again makes no other one.
    pub key: Option<String>,
    /// The servers that it came through.
    pub delegation: Delegation,
}

/// Gives an agent a task: the named one, or the default agent.
///
/// # Errors
/// [`Error::NotFound`] for an agent that the caller may not use; [`Error::Conflict`] for the key of a
/// task that was deleted; [`Error::Named`].
pub async fn create(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    new: NewTask,
) -> Result<TaskView> {
    agent::require(caller)?;
    check_functions(&new.additional_input)?;
    agent::check_way(app, &new.delegation)?;
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
    let mut write = Write::new().put(task.clone()).append(task.stream(), event);
    if let Some(key) = new.key {
        write = write.change(Change::Append {
            stream: StreamId::task_names(&task.owner),
            event: Event::TaskNamed {
                task: task.id.clone(),
            },
            dedup: Some(format!("{} {key}", task.agent)),
        });
    }
    match queue::commit(app, write).await {
        Ok(_) => {}
        Err(WriteError::Refused(Refusal::Duplicate(position))) => {
            return by_name(app, &task, position).await;
        }
        Err(error) => return Err(error.into()),
    }
    app.open_tasks.note(&task);
    Ok(TaskView {
        task,
        status: Status::Created,
        artifacts: Vec::new(),
    })
}

/// The task that the owner of this one gave its name before.
async fn by_name(app: &Switchboard, like: &Task, position: Position) -> Result<TaskView> {
    let page = Page::UpTo {
        no: position.no,
        limit: 1,
        bytes: BYTES,
    };
    let stream = StreamId::task_names(&like.owner);
    let events = app.ports.store.events(&stream, page).await?;
    let found = match events.last().map(|recorded| &recorded.event) {
        Some(Event::TaskNamed { task }) => find::<Task>(&*app.ports.store, task.key()).await?,
        _ => None,
    };
    let found = found.filter(|task| task.state != TaskState::Deleted);
    let task = found.ok_or_else(|| {
        Error::Conflict("The task of this key was deleted; use another key".to_owned())
    })?;
    pages::view(app, task).await
}
