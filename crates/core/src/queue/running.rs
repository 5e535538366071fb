//! What this node works on at the moment.

use crate::app::Ports;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::{
    ids::LaneId,
    nouns::{Lane, Lease},
    ports::find,
};
use tokio_util::sync::CancellationToken;

/// The leases that are worked under, each with the token that breaks its call off.
#[derive(Default)]
pub struct Running(Mutex<HashMap<LaneId, Vec<(Lease, CancellationToken)>>>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, HashMap<LaneId, Vec<(Lease, CancellationToken)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that work under this lease begins.
    pub fn enter(&self, lease: &Lease, broken_off: &CancellationToken) -> CancellationToken {
        let cancel = broken_off.child_token();
        self.lock()
            .entry(lease.lane.clone())
            .or_default()
            .push((lease.clone(), cancel.clone()));
        cancel
    }

    /// Notes that work under this lease is over.
    pub fn leave(&self, lease: &Lease) {
        let mut running = self.lock();
        if let Some(leases) = running.get_mut(&lease.lane) {
            leases.retain(|(other, _)| other != lease);
            if leases.is_empty() {
                running.remove(&lease.lane);
            }
        }
    }

    /// Whether there is work under this lease.
    pub fn contains(&self, lease: &Lease) -> bool {
        let running = self.lock();
        let leases = running.get(&lease.lane);
        leases.is_some_and(|leases| leases.iter().any(|(other, _)| other == lease))
    }

    /// Breaks off what is worked on under a lease that no longer holds: in this lane, or in all.
    pub async fn check(&self, ports: &Ports, lane: Option<&LaneId>) {
        let lanes: Vec<LaneId> = match lane {
            Some(lane) => vec![lane.clone()],
            None => self.lock().keys().cloned().collect(),
        };
        for id in lanes {
            if !self.lock().contains_key(&id) {
                continue;
            }
            // When the row cannot be read the call goes on: its outcome is refused anyway.
            let Ok(Some(lane)) = find::<Lane>(&*ports.store, id.as_str()).await else {
                continue;
            };
            if let Some(leases) = self.lock().get(&id) {
                leases
                    .iter()
                    .filter(|(lease, _)| !lane.is_held_by(lease))
                    .for_each(|(_, cancel)| cancel.cancel());
            }
        }
    }
}
