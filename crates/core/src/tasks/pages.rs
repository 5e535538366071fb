//! Tasks and steps as their owners see them.

use super::{agent, read};
use crate::{app::Switchboard, follow::Shared};
use futures::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::StepId,
    nouns::{
        Artifact, Delivery, Event, Lane, Object, Principal, Recorded, Step, StepResult, Task,
        TaskState,
    },
    ports::{self, Page, Query, find},
};

/// How many items one page has at most.
const PAGE_MAX: usize = 1000;
/// How many artifacts a task is shown with at most; their list has all.
const SHOWN: usize = 1000;
/// How many tasks of a page are looked at at once.
const AT_ONCE: usize = 8;

/// Which page of a list.
#[derive(Debug, Clone, Copy)]
pub struct Pages {
    /// Which, from 1.
    pub current: u64,
    /// How many items a page has.
    pub size: u64,
}

impl Pages {
    /// The page, with no more items than a page may have.
    pub fn new(current: u64, size: u64) -> Self {
        let size = size.clamp(1, PAGE_MAX as u64);
        Self { current, size }
    }

    /// How many items come before it.
    pub(super) fn skip(self) -> usize {
        let before = self.current.saturating_sub(1).saturating_mul(self.size);
        // What no database counts to is behind every end.
        usize::try_from(before.min(1 << 60)).unwrap_or(usize::MAX)
    }

    /// How many items it has at most.
    pub(super) fn limit(self) -> usize {
        usize::try_from(self.size).unwrap_or(PAGE_MAX)
    }
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing was done yet.
    Created,
    /// The agent is at work.
    Running,
    /// It is over.
    Completed,
    /// It was cancelled.
    Cancelled,
}

/// A task as its owner sees it.
#[derive(Debug)]
pub struct TaskView {
    /// The task.
    pub task: Task,
    /// How far it is.
    pub status: Status,
    /// Its files.
    pub artifacts: Vec<Artifact>,
}

/// A step as its owner sees it.
#[derive(Debug)]
pub struct StepView {
    /// The id.
    pub id: StepId,
    /// How far it is.
    pub status: Status,
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the client gave besides.
    pub additional_input: Object,
    /// What came of it so far.
    pub result: StepResult,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it changed last.
    pub modified_at: Timestamp,
}

impl StepView {
    /// A step that is done.
    pub fn done(step: Step) -> Self {
        Self {
            id: step.id,
            status: Status::Completed,
            input: step.input,
            additional_input: step.additional_input,
            result: step.result,
            created_at: step.created_at,
            modified_at: step.modified_at,
        }
    }
}

/// A task of the caller's.
///
/// # Errors
/// [`Error::NotFound`], also for another user's.
pub async fn get(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    id: &str,
) -> Result<TaskView> {
    let task = read::stored(caller, app, named, id).await?;
    view(app, task).await
}

/// The tasks that the caller gave an agent, oldest first, and how many there are.
///
/// # Errors
/// [`Error::NotFound`] for an agent that the caller may not use.
pub async fn list(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    page: Pages,
) -> Result<(Vec<TaskView>, u64)> {
    agent::require(caller)?;
    let query = Query::TasksOf {
        owner: caller.user().clone(),
        agent: agent::usable(caller, app, named).await?,
        skip: page.skip(),
        limit: page.limit(),
    };
    let store = &*app.ports.store;
    let (tasks, total) =
        futures::try_join!(ports::list::<Task>(store, &query), store.count(&query))?;
    let views = stream::iter(tasks).map(|task| view(app, task));
    Ok((views.buffered(AT_ONCE).try_collect().await?, total))
}

/// A task with how far it is and what belongs to it.
///
/// # Errors
/// What the store answers.
pub async fn view(app: &Switchboard, task: Task) -> Result<TaskView> {
    let query = Query::ArtifactsOf {
        task: task.id.clone(),
        skip: 0,
        limit: SHOWN,
    };
    let store = &*app.ports.store;
    let lane = async {
        match task.state {
            TaskState::Open => find::<Lane>(store, task.lane().as_str()).await,
            _ => Ok(None),
        }
    };
    let (artifacts, lane) = futures::try_join!(ports::list::<Artifact>(store, &query), lane)?;
    let status = match task.state {
        TaskState::Completed => Status::Completed,
        TaskState::Cancelled | TaskState::Deleted => Status::Cancelled,
        TaskState::Open if lane.is_some_and(|lane| lane.next_no > 1) => Status::Running,
        TaskState::Open => Status::Created,
    };
    Ok(TaskView {
        task,
        status,
        artifacts,
    })
}

/// A step of a task of the caller's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn step(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    task: &str,
    id: &str,
) -> Result<StepView> {
    let task = read::stored(caller, app, named, task).await?;
    let no = read::step_no(&task, id)?;
    step_view(app, &task, no).await
}

/// The step with this number, done or not.
pub(super) async fn step_view(app: &Switchboard, task: &Task, no: i64) -> Result<StepView> {
    let id = step_id(task, no);
    let store = &*app.ports.store;
    if let Some(step) = find::<Step>(store, id.to_string()).await? {
        return Ok(StepView::done(step));
    }
    let running = is_running(app, task, no).await?;
    let view = accepted(app, task, no, running).await?;
    // It may have been done between the two looks.
    let done = find::<Step>(store, id.to_string()).await?;
    Ok(done.map_or(view, StepView::done))
}

fn step_id(task: &Task, no: i64) -> StepId {
    StepId {
        task: task.id.clone(),
        no,
    }
}

async fn is_running(app: &Switchboard, task: &Task, no: i64) -> Result<bool> {
    let (store, lane) = (&*app.ports.store, task.lane());
    let Some(row) = find::<Lane>(store, lane.as_str()).await? else {
        return Ok(false);
    };
    let head = store.delivery(&lane, row.head_no).await?;
    Ok(row.life.is_some() && head.is_some_and(|head| head.about == Some(no)))
}

/// A step as it was accepted.
async fn accepted(app: &Switchboard, task: &Task, no: i64, running: bool) -> Result<StepView> {
    let event = accepted_event(app, task, no).await?;
    let event = event.ok_or(Error::NotFound("Step"))?;
    let Recorded {
        position,
        event:
            Event::StepAccepted {
                input,
                additional_input,
                ..
            },
        ..
    } = &event.recorded
    else {
        return Err(Error::NotFound("Step"));
    };
    Ok(StepView {
        id: step_id(task, no),
        status: if running {
            Status::Running
        } else {
            Status::Created
        },
        input: input.clone(),
        additional_input: additional_input.clone(),
        result: StepResult::default(),
        created_at: position.at,
        modified_at: position.at,
    })
}

/// The event with this number of the task: from what is at hand, or from the store.
pub(super) async fn accepted_event(
    app: &Switchboard,
    task: &Task,
    no: i64,
) -> Result<Option<Arc<Shared>>> {
    let stream = task.stream();
    if let Some(event) = app.recent.at(&stream, no) {
        return Ok(Some(event));
    }
    let page = Page::After {
        after: no - 1,
        limit: 1,
        bytes: 0,
    };
    let found = app.ports.store.events(&stream, page).await?.pop();
    let found = found.filter(|event| event.position.no == no);
    Ok(found.map(Shared::new))
}

/// The steps of a task of the caller's in their order, and how many there are.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn steps(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    task: &str,
    page: Pages,
) -> Result<(Vec<StepView>, u64)> {
    let task = read::stored(caller, app, named, task).await?;
    let (store, lane) = (&*app.ports.store, task.lane());
    let skip = i64::try_from(page.skip()).unwrap_or(i64::MAX);
    let size = i64::try_from(page.limit()).unwrap_or(i64::MAX);
    let row = find::<Lane>(store, lane.as_str()).await?;
    let row = row.unwrap_or_else(|| Lane::idle(lane.clone()));
    // What waits is read first: what is done meanwhile is among the done then.
    let waiting = store.waiting(&lane, skip, page.limit()).await?;
    let query = Query::StepsOf {
        task: task.id.clone(),
        after: skip,
        limit: page.limit(),
    };
    let done: Vec<Step> = ports::list(store, &query).await?;
    let reached = done.last().map_or(skip, |last| last.place);
    let mut views: Vec<StepView> = done.into_iter().map(StepView::done).collect();
    let behind = |delivery: &&Delivery| delivery.no > reached && delivery.no <= skip + size;
    for delivery in waiting.iter().filter(behind) {
        let running = row.life.is_some() && delivery.no == row.head_no;
        let no = delivery.about.unwrap_or(0);
        views.push(accepted(app, &task, no, running).await?);
    }
    Ok((views, u64::try_from(row.next_no - 1).unwrap_or(0)))
}
