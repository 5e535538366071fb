//! Working on one delivery, and on those that follow it in its lane.

use crate::{
    actions, agents,
    app::Switchboard,
    dialogue,
    known::Known,
    metrics::{Outcome, Working},
    tasks, workflows,
};
use futures::FutureExt;
use std::{mem::take, panic::AssertUnwindSafe, sync::Arc};
use switchboard_domain::{
    Error, Result,
    nouns::{Claimed, Work},
    ports::{Change, Guard, Receipt, Snapshot, Topic, Write, WriteError},
};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

/// How often a delivery is claimed before it is given up. More than one claim means that the server
/// broke off in the middle: a crash, or a fault of ours.
pub const CLAIMS_MAX: i64 = 10;
/// How often it is tried to say that a delivery is given up, until it is given up without a word.
const FAREWELLS_MAX: i64 = 10;

/// What became of a delivery.
pub enum Worked {
    /// Its write: effects and acknowledgement, to be committed together.
    Write(Write),
    /// A call of an agent in workflows, whose write depends on what it is linked to.
    Hop(Box<workflows::Hop>),
    /// A step of a task, which somebody may wait for.
    Step(Box<tasks::Done>),
    /// A write, and what the agent proposes besides.
    Acting(Write, Box<actions::Acting>),
    /// Nothing: it was cancelled, or the server goes down.
    BrokenOff,
}

/// Works on a delivery, and then on what the commit of its outcome claimed.
pub async fn work(
    app: Arc<Switchboard>,
    first: Claimed,
    mut brought: Arc<Snapshot>,
    _permit: Option<OwnedSemaphorePermit>,
) {
    let mut next = Some(first);
    while let Some(claimed) = next.take() {
        let cancel = app
            .queue
            .running
            .enter(&claimed.lease, &app.queue.broken_off);
        let working = Working::begins();
        let result = AssertUnwindSafe(work_one(&app, &claimed, &brought, &cancel))
            .catch_unwind()
            .await;
        app.queue.running.leave(&claimed.lease);
        drop(working);
        match result {
            Ok(Ok(mut receipt)) => {
                next = receipt.claimed.pop();
                brought = Arc::new(take(&mut receipt.read));
                super::take_up_with(&app, &mut receipt, &brought);
            }
            Ok(Err(error)) => {
                Outcome::TriedAgain.happened();
                tracing::error!(lane = %claimed.lease.lane, ?error, "a delivery failed; it is tried again");
                give_back(&app, &claimed).await;
            }
            Err(_) => {
                Outcome::TriedAgain.happened();
                tracing::error!(lane = %claimed.lease.lane, "a delivery panicked; it is tried again");
                give_back(&app, &claimed).await;
            }
        }
    }
}

async fn work_one(
    app: &Arc<Switchboard>,
    claimed: &Claimed,
    brought: &Snapshot,
    cancel: &CancellationToken,
) -> Result<Receipt> {
    if claimed.attempt - claimed.failures > CLAIMS_MAX + FAREWELLS_MAX {
        // Even saying why it was given up failed.
        let reason = format!("claimed {} times without an outcome", claimed.attempt - 1);
        let lane = claimed.lease.lane.clone();
        let bury = Write::new().change(Change::Bury { lane, reason });
        return commit_outcome(app, claimed, bury).await;
    }
    let known = Known::new(&*app.ports.store, brought);
    let worked = match &claimed.delivery.work {
        Work::Chat(turn) => dialogue::take_turn(app, claimed, known, turn, cancel).await?,
        Work::Receive { .. } | Work::Check { .. } => {
            workflows::run(app, claimed, known, cancel).await?
        }
        Work::Step { asked, begun } => {
            tasks::run(app, claimed, known, (*asked, begun), cancel).await?
        }
        Work::Errand(errand) => agents::run_errand(app, claimed, known, errand, cancel).await?,
    };
    match worked {
        Worked::Write(write) => commit_outcome(app, claimed, write).await,
        Worked::Acting(write, acting) => actions::commit_acting(app, claimed, write, &acting).await,
        Worked::Hop(hop) => workflows::commit_hop(app, claimed, *hop).await,
        Worked::Step(done) => tasks::commit_step(app, claimed, *done).await,
        Worked::BrokenOff => {
            Outcome::BrokenOff.happened();
            Ok(Receipt::default())
        }
    }
}

/// Commits effects and acknowledgement together, if the lease still holds.
async fn commit_outcome(
    app: &Arc<Switchboard>,
    claimed: &Claimed,
    write: Write,
) -> Result<Receipt> {
    match try_outcome(app, claimed, write).await {
        Ok(receipt) => Ok(receipt),
        Err(WriteError::Refused(_)) => Ok(Receipt::default()),
        Err(WriteError::Store(error)) => Err(error.into()),
    }
}

/// Commits effects and acknowledgement together, if the lease and all other guards hold.
///
/// # Errors
/// Which guard did not hold, or what the store answers.
pub async fn try_outcome(
    app: &Arc<Switchboard>,
    claimed: &Claimed,
    write: Write,
) -> std::result::Result<Receipt, WriteError> {
    let write = write.guard(Guard::Held(claimed.lease.clone()));
    let outcome = Outcome::of(&write);
    let later = write.changes.iter().any(|change| {
        matches!(
            change,
            Change::Continue { .. } | Change::Fail { .. } | Change::Retry { .. }
        )
    });
    let result = super::commit_and_ring(app, write).await;
    match &result {
        Ok(_) => {
            outcome.happened();
            if later {
                // The loop that claims has to learn when.
                app.ring(&Topic::Queue);
            }
        }
        Err(WriteError::Refused(refusal)) => {
            Outcome::TooLate.happened();
            tracing::debug!(lane = %claimed.lease.lane, %refusal, "an outcome came too late");
        }
        Err(WriteError::Store(_)) => {}
    }
    result
}

/// Lets the delivery be claimed again after a while that grows with each attempt.
async fn give_back(app: &Switchboard, claimed: &Claimed) {
    loop {
        let wait_s = 1 << claimed.attempt.clamp(0, 6);
        let ready_at = app.ports.now().plus_seconds(wait_s);
        let retry = Change::Retry {
            lane: claimed.lease.lane.clone(),
            ready_at,
        };
        let write = Write::new()
            .guard(Guard::Held(claimed.lease.clone()))
            .change(retry);
        match app.ports.store.commit(write).await.map_err(Error::from) {
            Ok(_) => return app.ring(&Topic::Queue),
            Err(Error::Conflict(_)) => return,
            Err(error) => {
                tracing::error!(?error, "a delivery could not be given back; trying again");
            }
        }
        tokio::select! {
            biased;
            () = app.queue.broken_off.cancelled() => return,
            () = app.ports.clock.sleep_until(app.ports.now().plus_seconds(1)) => {}
        }
    }
}
