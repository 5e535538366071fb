//! What the store should hold, followed write by write, and compared.

use std::collections::{BTreeMap, BTreeSet};

use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId, StreamId},
    nouns::{Event, Lane, Lease, Notice, Position, Session, StopReason},
    ports::{Change, Clock as _, Guard, Receipt, Record, Write, find},
};

use super::world::{World, at_once};

/// Sessions, streams, leases and lives as they should be.
#[derive(Default)]
pub struct Shadow {
    pub sessions: BTreeMap<LaneId, Session>,
    /// The newest event of each stream.
    pub heads: BTreeMap<StreamId, Position>,
    /// The streams that had their last event.
    over: BTreeSet<StreamId>,
    pub lanes: BTreeSet<LaneId>,
    holders: BTreeMap<LaneId, Lease>,
    fences: BTreeMap<LaneId, i64>,
    /// Until when the leases of a life are good.
    lives: BTreeMap<LifeId, Timestamp>,
    nodes: BTreeMap<LifeId, u32>,
    /// Until when a node's heartbeat is not heard.
    mute: BTreeMap<u32, Timestamp>,
}

/// Whether nothing may come behind it.
pub fn is_last(event: &Event) -> bool {
    match event {
        Event::Stop { reason } => *reason == StopReason::SessionDeleted,
        Event::System { notice, .. } => *notice != Notice::BudgetReached,
        _ => false,
    }
}

impl Shadow {
    /// A heartbeat, unless it is not heard.
    pub fn beat(&mut self, node: u32, life: &LifeId, now: Timestamp, until: Timestamp) -> bool {
        let mute = self.mute.get(&node).is_some_and(|until| now < *until);
        if !mute {
            self.lives.insert(life.clone(), until);
            self.nodes.insert(life.clone(), node);
        }
        !mute
    }

    pub fn retired(&mut self, life: &LifeId) {
        self.lives.remove(life);
    }

    pub fn mute(&mut self, node: u32, until: Timestamp) {
        self.mute.insert(node, until);
    }

    /// The lease under which this node may work in the lane.
    pub fn lease_of(&self, node: u32, lane: &LaneId) -> Option<Lease> {
        let lease = self.holders.get(lane)?;
        (self.nodes.get(&lease.life) == Some(&node)).then(|| lease.clone())
    }

    /// A lane was claimed by itself: nobody held it, or a life that lapsed.
    pub fn claimed(&mut self, world: &World, lease: &Lease) {
        let former = self
            .holders
            .get(&lease.lane)
            .and_then(|lease| self.lives.get(&lease.life));
        let free = former.is_none_or(|until| *until <= world.clock.now());
        world.require(free, || {
            format!("{} was claimed from a life that is alive", lease.lane)
        });
        self.hold(world, lease);
    }

    fn hold(&mut self, world: &World, lease: &Lease) {
        let fence = self.fences.insert(lease.lane.clone(), lease.fence);
        world.require(fence.is_none_or(|fence| fence < lease.fence), || {
            format!("the fence of {} did not grow", lease.lane)
        });
        self.lanes.insert(lease.lane.clone());
        self.holders.insert(lease.lane.clone(), lease.clone());
    }

    /// A write happened.
    pub fn wrote(&mut self, world: &World, write: &Write, receipt: &Receipt) {
        let held: Vec<&LaneId> = write
            .guards
            .iter()
            .filter_map(|guard| match guard {
                Guard::Held(lease) => {
                    let holds = self.holders.get(&lease.lane) == Some(lease);
                    world.require(holds, || {
                        format!("an outcome took effect without its lease on {}", lease.lane)
                    });
                    Some(&lease.lane)
                }
                _ => None,
            })
            .collect();
        let mut positions = receipt.appended.iter().map(|(_, position)| *position);
        let mut touched = BTreeSet::new();
        for change in &write.changes {
            match change {
                Change::Put(record) => self.put(record),
                Change::Append { stream, event, .. } => {
                    self.appended(world, stream, event, positions.next());
                }
                Change::Enqueue(new) => {
                    touched.insert(new.lane.clone());
                }
                Change::Finish { lane, .. }
                | Change::Continue { lane, .. }
                | Change::Retry { lane, .. }
                | Change::Fail { lane, .. }
                | Change::SetAside { lane, .. }
                | Change::Bury { lane, .. } => {
                    world.require(held.contains(&lane), || {
                        format!("the head of {lane} was changed without a lease")
                    });
                    self.holders.remove(lane);
                    touched.insert(lane.clone());
                }
                Change::Cancel(lane) | Change::Interrupt(lane) => {
                    self.holders.remove(lane);
                    touched.insert(lane.clone());
                }
                Change::Revive { lane, .. } | Change::Pause(lane) | Change::Resume(lane) => {
                    touched.insert(lane.clone());
                }
                Change::Remove(_)
                | Change::Count { .. }
                | Change::Forget { .. }
                | Change::Purge { .. }
                | Change::Trim { .. } => {}
            }
        }
        for claimed in &receipt.claimed {
            self.hold(world, &claimed.lease);
        }
        for lane in touched {
            self.compare(world, lane);
        }
    }

    fn put(&mut self, record: &Record) {
        if let Record::Session(session) = record {
            self.sessions.insert(session.lane(), session.clone());
        }
    }

    fn appended(&mut self, world: &World, id: &StreamId, event: &Event, at: Option<Position>) {
        let last = self.heads.get(id).copied();
        let follows = at.is_some_and(|at| match last {
            Some(last) => at.no == last.no + 1 && at.at > last.at,
            None => at.no == 1,
        });
        world.require(follows, || format!("{id}: {at:?} does not follow {last:?}"));
        world.require(!self.over.contains(id), || {
            format!("{id}: something was stored behind the end")
        });
        if is_last(event) {
            self.over.insert(id.clone());
        }
        if let Some(at) = at {
            self.heads.insert(id.clone(), at);
        }
    }

    /// Whether the row says of the lane what it should.
    fn compare(&mut self, world: &World, id: LaneId) {
        let row: Option<Lane> = at_once(find(&*world.store, id.as_str())).unwrap();
        let life = row.and_then(|row| row.life);
        let holder = self.holders.get(&id).map(|lease| lease.life.clone());
        world.require(life == holder, || {
            format!("{id} is held by {life:?} and should be by {holder:?}")
        });
        self.lanes.insert(id);
    }
}
