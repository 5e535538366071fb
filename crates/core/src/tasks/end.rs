//! Cancelling and deleting tasks.

use super::{done::Done, read};
use crate::{actions, app::Switchboard, retry::optimistic};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::StepId,
    nouns::{Delivery, Event, Lane, Principal, Recorded, Step, Task, TaskState, Work},
    ports::{Change, Query, Receipt, Signal, Topic, Write, find, list},
};
use uuid::Uuid;

/// Cancels a task of the caller's: the step that runs is broken off, those that wait are not done any
/// more, and none is accepted. A task that is over stays as it is.
///
/// # Errors
/// [`Error::NotFound`](switchboard_domain::Error::NotFound).
pub async fn cancel(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    id: &str,
) -> Result<Task> {
    let build = || async move {
        let task = read::stored(caller, app, named, id).await?;
        if !task.is_open() {
            return Ok(((task, Vec::new()), Write::new()));
        }
        let lane = find::<Lane>(&*app.ports.store, task.lane().as_str()).await?;
        let lane = lane.unwrap_or_else(|| Lane::idle(task.lane()));
        let waiting = app
            .ports
            .store
            .waiting(&lane.id, lane.head_no - 1, usize::MAX >> 4)
            .await?;
        let mut steps = Vec::new();
        for delivery in waiting {
            steps.extend(cancelled(app, &task, &delivery).await?);
        }
        let over = Task {
            state: TaskState::Cancelled,
            last: steps
                .last()
                .map(|(_, step)| step.id.no)
                .or(last(app, &task).await?),
            ended_at: Some(app.ports.now()),
            ..task.clone()
        };
        let mut write = Write::new().unchanged(task.clone()).put(over.clone());
        if lane.next_no > 1 {
            write = write.unchanged(lane);
        }
        for (_, step) in &steps {
            write = write.put(step.clone()).append(task.stream(), done(step));
        }
        let write = write
            .append(task.stream(), Event::TaskCancelled)
            .change(Change::Cancel(task.lane()));
        Ok(((over, steps), write))
    };
    let ((task, steps), receipt) = optimistic(&*app.ports.store, build).await?;
    actions::cancel_all(app, &task.owner, task.id.as_str()).await?;
    let done = steps.iter().map(|(_, step)| done(step));
    publish(app, &receipt, done.chain([Event::TaskCancelled]));
    announce(app, &task);
    for (asked, step) in steps {
        app.asked.tell(asked, || step);
    }
    Ok(task)
}

/// The event that a step is done.
fn done(step: &Step) -> Event {
    Event::StepDone {
        step: step.id.no,
        result: Box::new(step.result.clone()),
    }
}

/// Hands what was appended to who follows.
fn publish(app: &Switchboard, receipt: &Receipt, events: impl Iterator<Item = Event>) {
    for ((stream, position), event) in receipt.appended.iter().zip(events) {
        app.publish(Recorded {
            stream: stream.clone(),
            position: *position,
            event,
        });
    }
}

/// The number of the last step that is done.
async fn last(app: &Switchboard, task: &Task) -> Result<Option<i64>> {
    let lane = find::<Lane>(&*app.ports.store, task.lane().as_str()).await?;
    let Some(lane) = lane.filter(|lane| lane.head_no > 1) else {
        return Ok(None);
    };
    let query = Query::StepsOf {
        task: task.id.clone(),
        after: lane.head_no - 2,
        limit: 1,
    };
    let steps: Vec<Step> = list(&*app.ports.store, &query).await?;
    Ok(steps.first().map(|step| step.id.no))
}

/// A step that waits or runs, as it stands once the task is cancelled.
async fn cancelled(
    app: &Switchboard,
    task: &Task,
    delivery: &Delivery,
) -> Result<Option<(Uuid, Step)>> {
    let (Some(no), Work::Step { asked, .. }) = (delivery.about, &delivery.work) else {
        return Ok(None);
    };
    let view = super::pages::step_view(app, task, no).await?;
    let id = StepId {
        task: task.id.clone(),
        no,
    };
    let step = Step {
        id,
        task: task.id.clone(),
        place: delivery.no,
        input: view.input,
        additional_input: view.additional_input,
        result: Done::failure("The task was cancelled", true),
        created_at: view.created_at,
        modified_at: app.ports.now().max(view.created_at),
    };
    Ok(Some((*asked, step)))
}

/// Deletes a task of the caller's: it is not found any more at once, and what belongs to it is removed.
///
/// # Errors
/// [`Error::NotFound`](switchboard_domain::Error::NotFound).
pub async fn delete(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    id: &str,
) -> Result<()> {
    let build = || async move {
        let task = read::stored(caller, app, named, id).await?;
        let gone = Task {
            state: TaskState::Deleted,
            ..task.clone()
        };
        let write = Write::new()
            .unchanged(task.clone())
            .put(gone.clone())
            .append(task.stream(), Event::TaskCancelled)
            .change(Change::Cancel(task.lane()));
        Ok((gone, write))
    };
    let (task, receipt) = optimistic(&*app.ports.store, build).await?;
    actions::cancel_all(app, &task.owner, task.id.as_str()).await?;
    publish(app, &receipt, [Event::TaskCancelled].into_iter());
    announce(app, &task);
    super::keep::remove(app, &task).await
}

/// Tells who follows the task, and who works on it, that it is over.
fn announce(app: &Switchboard, task: &Task) {
    app.open_tasks.forget(&task.id);
    app.ports
        .bus
        .publish(&Topic::Cancels, Signal::Cancelled(task.lane()));
    app.ring(&Topic::Stream(task.stream()));
    app.recent.forget(&task.stream());
}
