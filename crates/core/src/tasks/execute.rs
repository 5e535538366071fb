//! Asking for a step, and waiting until it is done.

use super::{
    agent,
    asked::Waiting,
    open,
    pages::{self, StepView},
    placement, read, run,
};
use crate::{
    actions::{self, Finished},
    app::Switchboard,
    follow::{FollowError, Follower, Live},
    queue,
};
use std::{sync::Arc, time::Duration};
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::StepId,
    nouns::{Applied, DefinedBy, Delegation, Event, Object, Principal, Said, Step, Task, Work},
    ports::{About, Change, Guard, NewDelivery, Refusal, Write, WriteError, find},
    text::storable,
};
use uuid::Uuid;

/// How often a task is read anew when it changed in between.
const TRIES: usize = 16;
/// After how long the rows are looked at, in seconds, by who was not told of a step.
const LOOK_S: i64 = 5;

/// A step to do.
#[derive(Debug, Default, Clone)]
pub struct NewStep {
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the client gives besides.
    pub additional_input: Object,
    /// What the client can do, and what the run may do without asking.
    pub said: Said,
    /// What came of actions that the client ran: their ids, and what it says of them.
    pub results: Vec<(String, Finished)>,
    /// The client's own name for the step: the same again is not done twice.
    pub key: Option<String>,
    /// The servers that it came through.
    pub delegation: Delegation,
}

/// How long the client waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Until the step is done.
    UntilDone,
    /// So long at most, and takes what there is then.
    For(Duration),
}

/// Accepts a step of a task of the caller's, and waits for it. When this returns the step is on disk,
/// and it is done even if nobody waits. After the last step the answer is that step, and while actions
/// of the task are open it is the last one, with these. Where the client says what it can do, it is told
/// where each function is run.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Named`]; [`Error::Unavailable`] when the server goes down before the step is done: it
/// is done at the next start, and the same key gives it.
pub async fn execute(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    id: &str,
    new: NewStep,
    patience: Patience,
) -> Result<(StepView, Option<Applied>)> {
    actions::check_said(caller, &new.said)?;
    check_functions(&new.additional_input)?;
    let task = read::at_hand(caller, app, named, id).await?;
    let applied = placement::agree(app, &task, &new).await?;
    open::finish(caller, app, &task, &new.results).await?;
    let view = next(caller, app, (named, id), &new, patience).await?;
    Ok((view, applied))
}

/// The next step, or the last one while actions are open.
async fn next(
    caller: &Principal,
    app: &Arc<Switchboard>,
    (named, id): (Option<&str>, &str),
    new: &NewStep,
    patience: Patience,
) -> Result<StepView> {
    agent::check_way(app, &new.delegation)?;
    let deadline = match patience {
        Patience::UntilDone => None,
        Patience::For(time) => {
            let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
            Some(app.ports.now().plus_micros(micros))
        }
    };
    for _ in 0..TRIES {
        let task = read::at_hand(caller, app, named, id).await?;
        if let Some(view) = open::view(app, &task).await? {
            return Ok(view);
        }
        let asked = app.ports.uuid();
        let waits = patience != Patience::For(Duration::ZERO);
        let waiting = waits.then(|| app.asked.wait(asked));
        match accept(app, &task, asked, new).await? {
            Ok(no) if !waits => return pages::step_view(app, &task, no).await,
            Ok(no) => return outcome(app, &task, no, waiting, deadline).await,
            Err(Refusal::Duplicate(position)) => {
                drop(waiting);
                return outcome(app, &task, position.no, None, deadline).await;
            }
            Err(Refusal::Moved(_)) => return last(app, &task).await,
            Err(_) => app.open_tasks.forget(&task.id),
        }
    }
    Err(Error::Conflict(
        "The task changed over and over meanwhile; send the step again".to_owned(),
    ))
}

/// Whether the functions that a client brings are in order.
///
/// # Errors
/// Which is not.
pub fn check_functions(additional_input: &Object) -> Result<()> {
    let functions = actions::of_options(additional_input, DefinedBy::Client);
    functions
        .map(drop)
        .map_err(|error| actions::within("additional_input", error))
}

/// Stores a step, and gives its number.
async fn accept(
    app: &Arc<Switchboard>,
    task: &Task,
    asked: Uuid,
    new: &NewStep,
) -> Result<std::result::Result<i64, Refusal>> {
    let mut write = Write::new();
    if let Some(key) = &new.key {
        write = write.guard(Guard::Unnamed(task.stream(), key.clone()));
    }
    // Nothing is accepted after the end; a key may have been used before it.
    write = if task.is_open() {
        write.unchanged(task.clone())
    } else {
        write.guard(Guard::At(task.stream(), -1))
    };
    let event = Event::StepAccepted {
        input: new.input.as_deref().map(|text| storable(text).into_owned()),
        additional_input: new.additional_input.clone(),
        said: Box::new(new.said.clone()),
        delegation: new.delegation.clone(),
    };
    let write = write
        .change(Change::Append {
            stream: task.stream(),
            event,
            dedup: new.key.clone(),
        })
        .change(Change::Enqueue(NewDelivery {
            lane: task.lane(),
            agent: task.agent.clone(),
            user: task.owner.clone(),
            work: Work::Step {
                asked,
                begun: Box::default(),
            },
            about: About::LastAppended,
            only_if_idle: false,
            claim: app.queue.claimant(),
        }))
        .read(run::needs(task));
    match queue::commit(app, write).await {
        Ok(receipt) => {
            let accepted = receipt.appended.first();
            let (_, position) =
                accepted.ok_or_else(|| Error::Internal("no position".to_owned()))?;
            Ok(Ok(position.no))
        }
        Err(WriteError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error.into()),
    }
}

/// The step once it is done, or as it is when the client's patience ends.
async fn outcome(
    app: &Arc<Switchboard>,
    task: &Task,
    no: i64,
    waiting: Option<Waiting<'_>>,
    deadline: Option<Timestamp>,
) -> Result<StepView> {
    let patience = async {
        match deadline {
            Some(deadline) => app.ports.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    let done = tokio::select! {
        biased;
        () = app.queue.broken_off() => return Err(Error::Unavailable),
        done = done(app, task, no, waiting) => done?,
        () = patience => return pages::step_view(app, task, no).await,
    };
    Ok(StepView::done(done))
}

async fn done(
    app: &Arc<Switchboard>,
    task: &Task,
    no: i64,
    waiting: Option<Waiting<'_>>,
) -> Result<Step> {
    if let Some(mut waiting) = waiting {
        let soon = async {
            // Another node may do it, and then nobody here is told.
            if app.ports.bus.elsewhere().is_none() {
                let look_at = app.ports.now().plus_seconds(LOOK_S);
                app.ports.clock.sleep_until(look_at).await;
            }
        };
        tokio::select! {
            biased;
            Ok(step) = &mut waiting.done => return Ok(*step),
            () = soon => {}
        }
    }
    followed(app, task, no).await
}

/// Follows the task until the step is done.
async fn followed(app: &Arc<Switchboard>, task: &Task, no: i64) -> Result<Step> {
    let mut follower = Follower::new(app, task.stream(), Some(no), false).await?;
    loop {
        if let Some(step) = stored(app, task, no).await? {
            return Ok(step);
        }
        if matches!(next_end(&mut follower).await?, Event::TaskCancelled) {
            // The steps that waited are done by then, unless the task is deleted.
            let step = stored(app, task, no).await?;
            return step.ok_or(Error::NotFound("Task"));
        }
    }
}

/// The next event that may end a wait.
async fn next_end(follower: &mut Follower) -> Result<Event> {
    loop {
        match follower.next().await {
            Ok(Live::Event(event)) => {
                let event = &event.recorded.event;
                if matches!(event, Event::StepDone { .. } | Event::TaskCancelled) {
                    return Ok(event.clone());
                }
            }
            Ok(Live::Delta(_)) => {}
            Err(FollowError::Failed(error)) => return Err(error),
            Err(FollowError::SlowConsumer | FollowError::GoingDown) => {
                return Err(Error::Unavailable);
            }
        }
    }
}

async fn stored(app: &Switchboard, task: &Task, no: i64) -> Result<Option<Step>> {
    let id = StepId {
        task: task.id.clone(),
        no,
    };
    Ok(find(&*app.ports.store, id.to_string()).await?)
}

/// The last step of a task that is over.
async fn last(app: &Switchboard, task: &Task) -> Result<StepView> {
    let Some(no) = task.last else {
        return Err(Error::Conflict(
            "The task was cancelled before it had a step; make a new one".to_owned(),
        ));
    };
    let step = stored(app, task, no).await?;
    step.map(StepView::done).ok_or(Error::NotFound("Task"))
}
