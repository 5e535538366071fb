//! Which rows a batch needs.

use super::Admitted;
use foldhash::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use switchboard_domain::{
    ids::{LaneId, SessionId, StreamId},
    nouns::{Lane, Meter, Session, Stream},
    ports::{Change, Guard, Key},
};

/// The rows that the guards and changes of a batch need.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    /// Records.
    pub(crate) keys: HashSet<Key>,
    /// Records that are only read, and need no lock.
    pub(crate) reads: HashSet<Key>,
    /// Events by their names.
    pub(crate) names: BTreeSet<(StreamId, String)>,
    /// Lanes whose heads are taken out.
    pub(crate) heads: BTreeMap<LaneId, Heads>,
    /// Deliveries that are dead or set aside, by lane and number.
    pub(crate) dead: BTreeSet<(LaneId, i64)>,
}

/// Which deliveries of a lane are needed.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    /// Whether the head itself is: one that is done need not be looked at.
    pub(crate) first: bool,
    /// How often a head is taken out: so many behind the first are needed.
    pub(crate) count: i64,
}

impl Wants {
    /// What these writes need.
    pub(crate) fn of(writes: &[Admitted]) -> Self {
        let mut wants = Self::default();
        for Admitted { write, .. } in writes {
            write.guards.iter().for_each(|guard| wants.guard(guard));
            write.changes.iter().for_each(|change| wants.change(change));
        }
        for Admitted { write, .. } in writes {
            let others = write.reads.iter().filter(|key| !wants.keys.contains(key));
            wants.reads.extend(others.cloned());
        }
        wants
    }

    fn guard(&mut self, guard: &Guard) {
        self.keys.insert(match guard {
            Guard::Absent(key) => key.clone(),
            Guard::Unchanged(record) => record.key(),
            Guard::At(stream, _) | Guard::Below(stream, _) => stream_key(stream),
            Guard::Unnamed(stream, name) => {
                self.names.insert((stream.clone(), name.clone()));
                stream_key(stream)
            }
            Guard::Active(session) => session_key(session),
            Guard::Busy(lane) => lane_key(lane),
            Guard::Dead(lane, no) => {
                self.dead.insert((lane.clone(), *no));
                lane_key(lane)
            }
            Guard::Held(lease) => lane_key(&lease.lane),
        });
    }

    fn change(&mut self, change: &Change) {
        let key = match change {
            Change::Put(record) => record.key(),
            Change::Remove(key) => key.clone(),
            Change::Append { stream, dedup, .. } => {
                self.names
                    .extend(dedup.iter().map(|name| (stream.clone(), name.clone())));
                stream_key(stream)
            }
            Change::Enqueue(new) => lane_key(&new.lane),
            Change::Finish { lane, .. } => {
                self.heads.entry(lane.clone()).or_default().count += 1;
                lane_key(lane)
            }
            Change::Revive { lane, no, .. } | Change::Forget { lane, no } => {
                self.dead.insert((lane.clone(), *no));
                lane_key(lane)
            }
            Change::Purge { stream, .. } | Change::Trim { stream, .. } => stream_key(stream),
            Change::Bury { lane, .. }
            | Change::SetAside { lane, .. }
            | Change::Continue { lane, .. } => {
                let heads = self.heads.entry(lane.clone()).or_default();
                heads.first = true;
                heads.count += 1;
                lane_key(lane)
            }
            Change::Retry { lane, .. }
            | Change::Fail { lane, .. }
            | Change::Pause(lane)
            | Change::Resume(lane)
            | Change::Interrupt(lane)
            | Change::Cancel(lane) => lane_key(lane),
            Change::Count { meter, .. } => meter_key(meter),
        };
        self.keys.insert(key);
    }
}

/// The key of a session.
pub(super) fn session_key(id: &SessionId) -> Key {
    Key::of::<Session>(id.key())
}

/// The key of the row of a stream.
pub(super) fn stream_key(id: &StreamId) -> Key {
    Key::of::<Stream>(id.key())
}

/// The key of the row of a lane.
pub(super) fn lane_key(id: &LaneId) -> Key {
    Key::of::<Lane>(id.key())
}

/// The key of a meter.
pub(super) fn meter_key(id: &str) -> Key {
    Key::of::<Meter>(id)
}
