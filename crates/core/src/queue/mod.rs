//! The loops that work the durable queue: one life of a node claims what is ready, calls the agent,
//! and commits the outcome with the acknowledgement.

mod orphans;
mod running;
mod work;

use crate::{
    app::{Ports, Switchboard},
    settings::Settings,
};
use futures::StreamExt;
use running::Running;
use std::{
    mem::take,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use switchboard_domain::{
    Result, Timestamp,
    ids::{LifeId, StreamId},
    nouns::{Claimed, Event, Recorded},
    ports::{Change, Claims, Clock, Receipt, Signal, Snapshot, Topic, Write, WriteError},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
pub use work::{CLAIMS_MAX, Worked, try_outcome};

/// How long a node that is fully at work waits until it claims more, in microseconds.
const LINGER_MICROS: i64 = 2_000;

/// This node's part in working the queue.
pub struct Queue {
    life: LifeId,
    lease: Duration,
    clock: Arc<dyn Clock>,
    /// Until when this life counts, in microseconds since the epoch, as far as this node knows: what a life that lapsed
    /// claims is not its own, and everybody may take it away at once.
    good_until: AtomicI64,
    slots: Arc<Semaphore>,
    all_slots: u32,
    running: Running,
    /// Cancelled when the server begins to go down: nothing new is claimed.
    stopping: CancellationToken,
    /// Cancelled when calls under way are broken off because the server goes down.
    broken_off: CancellationToken,
}

impl Queue {
    /// A new life of this node.
    pub fn new(ports: &Ports, settings: &Settings, stopping: CancellationToken) -> Self {
        let all_slots = u32::try_from(settings.workers.max(1)).unwrap_or(u32::MAX >> 3);
        Self {
            life: LifeId::from_uuid(ports.uuid()),
            lease: Duration::from_secs(settings.lease_s.max(1)),
            clock: Arc::clone(&ports.clock),
            good_until: AtomicI64::new(i64::MIN),
            slots: Arc::new(Semaphore::new(all_slots as usize)),
            all_slots,
            running: Running::default(),
            stopping,
            broken_off: CancellationToken::new(),
        }
    }

    /// The life that a write may claim for, while there is somebody free to work.
    pub fn claimant(&self) -> Option<LifeId> {
        let free = self.slots.available_permits() > 0 && !self.stopping.is_cancelled();
        (free && self.is_good()).then(|| self.life.clone())
    }

    /// Whether this life counts, as far as this node knows.
    fn is_good(&self) -> bool {
        self.clock.now() < Timestamp::from_micros(self.good_until.load(Ordering::Relaxed))
    }

    /// Resolves when calls under way are broken off because the server goes down.
    pub async fn broken_off(&self) {
        self.broken_off.cancelled().await;
    }

    /// Says that this node lives.
    async fn beat(&self, ports: &Ports) -> Result<()> {
        // From before the question: the store counts from when it hears it, which is later.
        let good_until = self.clock.now().plus_micros(self.lease_micros());
        ports.store.beat(&self.life, self.lease).await?;
        self.good_until
            .store(good_until.as_micros(), Ordering::Relaxed);
        Ok(())
    }

    /// Waits for the calls under way, until the limit; then breaks them off.
    pub async fn drain(&self, ports: &Ports, limit: Duration) {
        let deadline = ports
            .now()
            .plus_micros(i64::try_from(limit.as_micros()).unwrap_or(i64::MAX));
        tokio::select! {
            biased;
            idle = self.slots.acquire_many(self.all_slots) => drop(idle),
            () = ports.clock.sleep_until(deadline) => {
                tracing::warn!("calls under way are broken off; they are made again at the next start");
            }
        }
        self.broken_off.cancel();
    }

    /// Ends this life: what it holds may be claimed at once by others.
    pub async fn retire(&self, ports: &Ports) {
        if let Err(error) = ports.store.retire(&self.life).await {
            tracing::warn!(
                ?error,
                "this node's leases could not be given back; they lapse by themselves"
            );
        }
    }

    fn lease_micros(&self) -> i64 {
        i64::try_from(self.lease.as_micros()).unwrap_or(i64::MAX)
    }
}

/// Begins this node's life and starts its loops.
pub async fn start(app: &Arc<Switchboard>) -> Result<()> {
    app.queue.beat(&app.ports).await?;
    app.tasks.spawn(keep_alive(Arc::clone(app)));
    app.tasks.spawn(claim_loop(Arc::clone(app)));
    app.tasks.spawn(watch_cancels(Arc::clone(app)));
    app.tasks.spawn(orphans::give_back_orphans(Arc::clone(app)));
    Ok(())
}

/// Commits a write, and starts at once on what it claimed for this node.
///
/// It runs in a task of its own: a caller who goes away in the middle leaves no delivery claimed
/// and unworked.
pub async fn commit(
    app: &Arc<Switchboard>,
    write: Write,
) -> std::result::Result<Receipt, WriteError> {
    let task = {
        let app = Arc::clone(app);
        async move {
            let mut receipt = commit_and_ring(&app, write).await?;
            take_up(&app, &mut receipt);
            Ok(receipt)
        }
    };
    match app.tasks.spawn(task).await {
        Ok(result) => result,
        Err(error) => Err(switchboard_domain::ports::StoreError::Broken(error.to_string()).into()),
    }
}

/// Starts on what a write claimed, and rings for what waits.
pub fn take_up(app: &Arc<Switchboard>, receipt: &mut Receipt) {
    let brought = Arc::new(take(&mut receipt.read));
    take_up_with(app, receipt, &brought);
}

/// The same, with the records that the write brought along.
fn take_up_with(app: &Arc<Switchboard>, receipt: &mut Receipt, brought: &Arc<Snapshot>) {
    for claimed in receipt.claimed.drain(..) {
        let permit = Arc::clone(&app.queue.slots).try_acquire_owned().ok();
        start_work(app, claimed, brought, permit);
    }
    if receipt.waiting {
        app.ring(&Topic::Queue);
    }
}

/// Commits a write and hands what it appended to those who follow; where the answer was lost they
/// are told to look, because it may have happened all the same.
async fn commit_and_ring(
    app: &Switchboard,
    write: Write,
) -> std::result::Result<Receipt, WriteError> {
    let appended: Vec<(StreamId, Event)> = write.changes.iter().filter_map(appended).collect();
    let result = app.ports.store.commit(write).await;
    match &result {
        Ok(receipt) => {
            let events = appended.into_iter().zip(&receipt.appended);
            for ((stream, event), (_, position)) in events {
                app.publish(Recorded {
                    stream,
                    position: *position,
                    event,
                });
            }
        }
        Err(WriteError::Refused(_)) => {}
        Err(WriteError::Store(_)) => appended
            .into_iter()
            .for_each(|(stream, _)| app.ring(&Topic::Stream(stream))),
    }
    result
}

fn appended(change: &Change) -> Option<(StreamId, Event)> {
    match change {
        Change::Append { stream, event, .. } => Some((stream.clone(), event.clone())),
        _ => None,
    }
}

fn start_work(
    app: &Arc<Switchboard>,
    claimed: Claimed,
    brought: &Arc<Snapshot>,
    permit: Option<OwnedSemaphorePermit>,
) {
    // Without a permit the last slot went to somebody else meanwhile; the lease is ours all the
    // same, so the work starts beyond the limit by as much as writes were under way.
    let brought = Arc::clone(brought);
    app.tasks
        .spawn(work::work(Arc::clone(app), claimed, brought, permit));
}

/// Keeps this life's leases good.
async fn keep_alive(app: Arc<Switchboard>) {
    let queue = &app.queue;
    loop {
        let next = app.ports.now().plus_micros(queue.lease_micros() / 3);
        tokio::select! {
            biased;
            () = queue.broken_off.cancelled() => return,
            () = app.ports.clock.sleep_until(next) => {}
        }
        let lapsed = !queue.is_good();
        match queue.beat(&app.ports).await {
            Ok(()) if lapsed => app.ring(&Topic::Queue),
            Ok(()) => {}
            Err(error) => tracing::error!(
                ?error,
                "the heartbeat failed; if it goes on, other nodes take this one's work over"
            ),
        }
    }
}

async fn claim(app: &Switchboard, limit: usize) -> Claims {
    let queue = &app.queue;
    if !queue.is_good() {
        return Claims::default();
    }
    let claims = app
        .ports
        .store
        .claim(&queue.life, app.ports.now(), limit)
        .await;
    claims.unwrap_or_else(|error| {
        tracing::error!(?error, "claiming failed; it is tried again");
        Claims::default()
    })
}

/// Claims what is ready: when somebody rings, when the next delivery becomes ready, and once in a
/// lease time, because a signal may be lost and a node may die.
async fn claim_loop(app: Arc<Switchboard>) {
    let mut bell = app.ports.bus.subscribe(&Topic::Queue);
    let queue = &app.queue;
    loop {
        let free = tokio::select! {
            biased;
            () = app.stopping.cancelled() => return,
            free = Arc::clone(&queue.slots).acquire_owned() => free,
        };
        // Held while claiming, so that a claim is never for more than there are free.
        let limit = queue.slots.available_permits() + 1;
        let claims = claim(&app, limit).await;
        drop(free);
        let full = claims.claimed.len() == limit;
        for claimed in claims.claimed {
            let permit = Arc::clone(&queue.slots).try_acquire_owned().ok();
            start_work(&app, claimed, &Arc::default(), permit);
        }
        if full {
            // More waits than was free: soon more is free, and then one claim serves many.
            let soon = app.ports.now().plus_micros(LINGER_MICROS);
            app.ports.clock.sleep_until(soon).await;
            continue;
        }
        let latest = app.ports.now().plus_micros(queue.lease_micros() / 2);
        let next = claims.next_at.map_or(latest, |next| next.min(latest));
        tokio::select! {
            // In this order, so that a simulation can be repeated.
            biased;
            () = app.stopping.cancelled() => return,
            _ = bell.next() => {}
            () = app.ports.clock.sleep_until(next) => {}
        }
    }
}

/// Breaks off the calls in lanes that were cancelled. The row says whether the lease still holds.
async fn watch_cancels(app: Arc<Switchboard>) {
    let mut signals = app.ports.bus.subscribe(&Topic::Cancels);
    loop {
        let signal = tokio::select! {
            biased;
            () = app.queue.broken_off.cancelled() => return,
            signal = signals.next() => signal,
        };
        match signal {
            Some(Signal::Cancelled(lane)) => app.queue.running.check(&app.ports, Some(&lane)).await,
            Some(_) => app.queue.running.check(&app.ports, None).await,
            None => return,
        }
    }
}
