//! Lanes that this node holds and does not work on.
//!
//! There are none, unless the answer to a commit or a claim got lost on its way from the database:
//! then the row says that the head is this node's, and nobody here knows. Its heartbeat would keep
//! the lane for ever.

use crate::app::Switchboard;
use std::{collections::HashSet, sync::Arc};
use switchboard_domain::{
    Result,
    ids::LaneId,
    nouns::{Lane, Lease},
    ports::{Change, Guard, Query, Topic, Write, WriteError, list},
};

/// Looks twice in a lease time, and gives back what was found orphaned twice in a row.
pub async fn give_back_orphans(app: Arc<Switchboard>) {
    let mut suspects = HashSet::new();
    loop {
        let next = app.ports.now().plus_micros(app.queue.lease_micros() / 2);
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return,
            () = app.ports.clock.sleep_until(next) => {}
        }
        match look(&app, &suspects).await {
            Ok(found) => suspects = found,
            Err(error) => tracing::error!(?error, "looking for orphaned lanes failed"),
        }
    }
}

async fn look(
    app: &Switchboard,
    suspects: &HashSet<(LaneId, i64)>,
) -> Result<HashSet<(LaneId, i64)>> {
    let query = Query::LanesHeldBy(app.queue.life.clone());
    let held: Vec<Lane> = list(&*app.ports.store, &query).await?;
    let mut found = HashSet::new();
    for lane in held {
        let lease = Lease {
            lane: lane.id,
            fence: lane.fence,
            life: app.queue.life.clone(),
        };
        if app.queue.running.contains(&lease) {
            continue;
        }
        let name = (lease.lane.clone(), lease.fence);
        if suspects.contains(&name) {
            give_back(app, lease).await?;
        } else {
            found.insert(name);
        }
    }
    Ok(found)
}

async fn give_back(app: &Switchboard, lease: Lease) -> Result<()> {
    tracing::warn!(lane = %lease.lane, "a lane was held and not worked on; it is given back");
    let retry = Change::Retry {
        lane: lease.lane.clone(),
        ready_at: app.ports.now(),
    };
    match app
        .ports
        .store
        .commit(Write::new().guard(Guard::Held(lease)).change(retry))
        .await
    {
        Ok(_) => app.ring(&Topic::Queue),
        Err(WriteError::Refused(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
