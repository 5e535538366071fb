//! What waits for an agent, and what was given up.

use super::read::own;
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{AgentId, EmittedId},
    nouns::{Delivery, Lane, Principal, Work},
    ports::{Change, Guard, Write, WriteError, find},
};

/// How many deliveries are told at once at most.
pub const DELIVERIES_MAX: usize = 1000;

/// Where a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is worked on.
    Running,
    /// It waits for its turn.
    Waiting,
    /// Its call failed; it is made again at this time.
    Retrying(Timestamp),
    /// It was given up: why, and when.
    Dead(String, Timestamp),
}

/// A delivery, as the owner of its agent sees it.
#[derive(Debug, Clone)]
pub struct DeliveryView {
    /// Its number among those of the agent.
    pub no: i64,
    /// Its name, which the agent sees: the same however often it is tried.
    pub name: String,
    /// The message that is delivered; none for a check.
    pub message: Option<EmittedId>,
    /// Where it stands.
    pub state: State,
    /// How often its call failed.
    pub failures: i64,
    /// When it was put in.
    pub created_at: Timestamp,
}

/// The deliveries of an agent of the caller's: those that wait, in their order, then those that are
/// set aside or dead, newest first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn deliveries(
    caller: &Principal,
    app: &Switchboard,
    id: AgentId,
) -> Result<Vec<DeliveryView>> {
    let agent = own(caller, app, id).await?;
    let (store, lane) = (&*app.ports.store, agent.lane());
    let row: Option<Lane> = find(store, lane.as_str()).await?;
    let waiting = store.waiting(&lane, 0, DELIVERIES_MAX).await?;
    let dead = store.dead_in(&lane, DELIVERIES_MAX).await?;
    let waiting = waiting.into_iter().map(|delivery| {
        let head = row.as_ref().filter(|row| row.head_no == delivery.no);
        let state = head.map_or(State::Waiting, state_of);
        let failures = head.map_or(delivery.failures, |row| row.failures);
        view(&delivery, state, failures)
    });
    let dead = dead.into_iter().map(|dead| {
        let state = match dead.retry_at {
            Some(at) => State::Retrying(at),
            None => State::Dead(dead.reason, dead.died_at),
        };
        view(&dead.delivery, state, dead.delivery.failures)
    });
    Ok(waiting.chain(dead).collect())
}

fn state_of(lane: &Lane) -> State {
    match (lane.life.is_some(), lane.ready_at) {
        (true, _) => State::Running,
        (false, Some(at)) if lane.failures > 0 => State::Retrying(at),
        _ => State::Waiting,
    }
}

fn view(delivery: &Delivery, state: State, failures: i64) -> DeliveryView {
    let message = match (&delivery.work, delivery.about) {
        (Work::Receive { source }, Some(no)) => Some(EmittedId::new(*source, no)),
        _ => None,
    };
    DeliveryView {
        no: delivery.no,
        name: delivery.name(),
        message,
        state,
        failures,
        created_at: delivery.created_at,
    }
}

/// Puts a delivery that is dead or set aside behind those that wait.
///
/// # Errors
/// [`Error::NotFound`], also for one that is not among the dead.
pub async fn retry(caller: &Principal, app: &Arc<Switchboard>, id: AgentId, no: i64) -> Result<()> {
    let lane = own(caller, app, id).await?.lane();
    let afresh = true;
    let write = Write::new()
        .guard(Guard::Dead(lane.clone(), no))
        .change(Change::Revive { lane, no, afresh });
    if_dead(queue::commit(app, write).await)
}

/// Deletes a delivery that is dead or set aside.
///
/// # Errors
/// [`Error::NotFound`], also for one that is not among the dead.
pub async fn forget(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: AgentId,
    no: i64,
) -> Result<()> {
    let lane = own(caller, app, id).await?.lane();
    let write = Write::new()
        .guard(Guard::Dead(lane.clone(), no))
        .change(Change::Forget { lane, no });
    if_dead(queue::commit(app, write).await)
}

fn if_dead<T>(result: std::result::Result<T, WriteError>) -> Result<()> {
    match result {
        Ok(_) => Ok(()),
        Err(WriteError::Refused(_)) => Err(Error::NotFound("Dead delivery")),
        Err(error) => Err(error.into()),
    }
}
