//! Checks that become due, and calls that were set aside.

use super::{controls::check, hop::needs};
use crate::{app::Switchboard, due::keep, queue};
use futures::{FutureExt, future::try_join_all};
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    nouns::{DeadDelivery, DueCheck, Overlap, WorkflowAgent},
    ports::{Change, Guard, Key, Query, Write, WriteError, find, list},
};
use tokio::sync::Notify;

/// How many rows are looked at at once.
const SLICE: usize = 100;

/// Adds to a write when the agent checks next, by its schedule.
pub fn plan(app: &Switchboard, agent: &WorkflowAgent, write: Write) -> Write {
    let next = agent.next_check(app.ports.now());
    match next.filter(|_| agent.is_enabled()) {
        Some(due_at) => write.put(DueCheck {
            id: agent.id,
            due_at,
        }),
        None => write.change(Change::Remove(due_key(agent))),
    }
}

/// The key of the row that tells when an agent checks next.
pub fn due_key(agent: &WorkflowAgent) -> Key {
    Key::of::<DueCheck>(agent.id.0.to_string())
}

/// Rung when something may be due earlier than was thought.
#[derive(Default)]
pub struct Bells {
    pub checks: Notify,
    pub set_aside: Notify,
}

/// Starts the loops.
pub fn start(app: &Arc<Switchboard>) {
    keep(app, |app| run_due(app).boxed(), |app| &app.bells.checks);
    keep(
        app,
        |app| run_set_aside(app).boxed(),
        |app| &app.bells.set_aside,
    );
}

/// Makes the checks that are due, and tells when the next is.
async fn run_due(app: &Arc<Switchboard>) -> Result<Option<Timestamp>> {
    loop {
        let rows: Vec<DueCheck> =
            list(&*app.ports.store, &Query::DueChecks { limit: SLICE }).await?;
        let now = app.ports.now();
        let next = rows
            .iter()
            .map(|row| row.due_at)
            .find(|due_at| *due_at > now);
        let due: Vec<DueCheck> = rows.into_iter().filter(|row| row.due_at <= now).collect();
        if due.is_empty() {
            return Ok(next);
        }
        try_join_all(due.into_iter().map(|row| run_one(app, row, now))).await?;
    }
}

/// Moves the row and puts the check into the agent's lane, both or none: of several nodes one does.
async fn run_one(app: &Arc<Switchboard>, row: DueCheck, now: Timestamp) -> Result<()> {
    let agent: Option<WorkflowAgent> = find(&*app.ports.store, row.id.0.to_string()).await?;
    let write = Write::new().unchanged(row.clone());
    let agent = agent.filter(WorkflowAgent::is_enabled);
    let schedule = agent.as_ref().and_then(|agent| agent.schedule.as_ref());
    let (Some(agent), Some(schedule)) = (&agent, schedule) else {
        let gone = Change::Remove(Key::of::<DueCheck>(row.id.0.to_string()));
        return commit(app, write.change(gone)).await;
    };
    // Whether a check waits already, the lane knows best.
    let decision = schedule.decide(row.due_at, now, false);
    let mut write = match decision.next {
        Some(due_at) => write.put(DueCheck {
            id: agent.id,
            due_at,
        }),
        None => write.change(Change::Remove(due_key(agent))),
    };
    if decision.run.is_some() {
        let beside_others = schedule.overlap == Overlap::Queue;
        write = write
            .change(check(app, agent, beside_others))
            .read(needs(agent.id, &agent.owner));
    }
    commit(app, write).await
}

/// Puts in again what was set aside for so long, and tells when the next is to be.
async fn run_set_aside(app: &Arc<Switchboard>) -> Result<Option<Timestamp>> {
    loop {
        let rows = app.ports.store.set_aside(SLICE).await?;
        let now = app.ports.now();
        let next = rows
            .iter()
            .filter_map(|row| row.retry_at)
            .find(|at| *at > now);
        let is_due = |row: &DeadDelivery| row.retry_at.is_some_and(|at| at <= now);
        let due: Vec<DeadDelivery> = rows.into_iter().filter(is_due).collect();
        if due.is_empty() {
            return Ok(next);
        }
        for row in due {
            let (lane, no) = (row.delivery.lane, row.delivery.no);
            let write = Write::new()
                .guard(Guard::Dead(lane.clone(), no))
                .change(Change::Revive {
                    lane,
                    no,
                    afresh: false,
                });
            commit(app, write).await?;
        }
    }
}

/// Commits, unless somebody else was faster.
async fn commit(app: &Arc<Switchboard>, write: Write) -> Result<()> {
    match queue::commit(app, write).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
