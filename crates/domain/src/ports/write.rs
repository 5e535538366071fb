//! A write is a value: guards and changes, not a closure. So many can share one commit.

use crate::{
    Timestamp,
    ids::{LaneId, LifeId, SessionId, StreamId, Username},
    nouns::{Claimed, Event, Lease, Position, Usage, Work},
    ports::{Key, Noun, Record, StoreError},
};
use std::{fmt, sync::Arc};

/// Changes that happen together or not at all, and what must hold for them to happen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Write {
    /// What must hold, as of the writes before it.
    pub guards: Vec<Guard>,
    /// What changes, one after another.
    pub changes: Vec<Change>,
    /// The records that the receipt is to tell of, if a delivery is claimed with the write.
    pub reads: Vec<Key>,
}

/// What must hold for a write to happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Guard {
    /// No such record exists.
    Absent(Key),
    /// The record is exactly as it was read.
    Unchanged(Box<Record>),
    /// The newest event of the stream has this number (0: it has none).
    At(StreamId, i64),
    /// The newest event of the stream has a number below this.
    Below(StreamId, i64),
    /// The stream has no event that was appended with this name; else the write is refused as
    /// [`Refusal::Duplicate`], if this guard comes first whatever else does not hold.
    Unnamed(StreamId, String),
    /// The session exists and is active.
    Active(SessionId),
    /// Something runs or waits in the lane.
    Busy(LaneId),
    /// The delivery with this number of the lane is set aside or dead.
    Dead(LaneId, i64),
    /// The lease holds: nobody claimed or cancelled the lane since.
    Held(Lease),
}

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Stores the record, in place of the one with its key if there is one.
    /// Lanes, meters and streams are never put; they have changes of their own.
    Put(Box<Record>),
    /// Removes the record, if it is there.
    Remove(Key),
    /// Appends an event to a stream.
    Append {
        /// The stream; it begins with its first event.
        stream: StreamId,
        /// The event.
        event: Event,
        /// Refuses the whole write as [`Refusal::Duplicate`] if the stream has an event that was
        /// appended with the same name.
        dedup: Option<String>,
    },
    /// Puts a delivery at the tail of a lane.
    Enqueue(NewDelivery),
    /// Takes the head out of the lane: it is done. With a life, the next one is claimed at once.
    Finish {
        /// The lane.
        lane: LaneId,
        /// Who goes on with the next delivery, if one waits.
        claim: Option<LifeId>,
    },
    /// Puts `work` in the place of the head: its continuation, to be claimed from `ready_at` on.
    Continue {
        /// The lane.
        lane: LaneId,
        /// What is left to do.
        work: Work,
        /// When it may go on.
        ready_at: Timestamp,
    },
    /// Lets the head be claimed again from `ready_at` on.
    Retry {
        /// The lane.
        lane: LaneId,
        /// When.
        ready_at: Timestamp,
    },
    /// Lets the head be called again from `ready_at` on, after its call failed.
    Fail {
        /// The lane.
        lane: LaneId,
        /// When.
        ready_at: Timestamp,
    },
    /// Takes the head out of the lane after its call failed, to be put in again at `retry_at`.
    SetAside {
        /// The lane.
        lane: LaneId,
        /// Why, in words.
        reason: String,
        /// When.
        retry_at: Timestamp,
    },
    /// Puts a delivery that was set aside, or is dead, at the tail of its lane. Without one nothing happens.
    Revive {
        /// The lane.
        lane: LaneId,
        /// Its number.
        no: i64,
        /// Whether its failures are forgotten.
        afresh: bool,
    },
    /// Removes a delivery that was set aside or is dead.
    Forget {
        /// The lane.
        lane: LaneId,
        /// Its number.
        no: i64,
    },
    /// Gives nothing out of the lane from now on; what is worked on goes on.
    Pause(LaneId),
    /// Gives out of the lane again.
    Resume(LaneId),
    /// Refuses the outcome of what is worked on in the lane, if something is, and lets it be done anew.
    Interrupt(LaneId),
    /// Lets the events of a stream go up to this number; the others keep theirs.
    Purge {
        /// The stream.
        stream: StreamId,
        /// The number of the last that goes.
        up_to: i64,
    },
    /// Lets all but the newest events of a stream go, once there are a quarter more than are kept.
    Trim {
        /// The stream.
        stream: StreamId,
        /// How many are kept.
        keep: i64,
    },
    /// Takes the head out of the lane and keeps it among the dead.
    Bury {
        /// The lane.
        lane: LaneId,
        /// Why, in words.
        reason: String,
    },
    /// Raises the lane's fencing number and removes what waits.
    Cancel(LaneId),
    /// Counts what an answered call used.
    Count {
        /// Whose meter.
        meter: String,
        /// What was used.
        usage: Usage,
    },
}

/// A delivery that is not stored yet.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDelivery {
    /// The lane.
    pub lane: LaneId,
    /// The agent to call.
    pub agent: String,
    /// On whose behalf.
    pub user: Username,
    /// What the call is to do.
    pub work: Work,
    /// The event that it answers.
    pub about: About,
    /// Only when nothing waits or runs in the lane; else this change does nothing.
    pub only_if_idle: bool,
    /// Who works on it at once, if the lane is idle.
    pub claim: Option<LifeId>,
}

/// The event that a delivery answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// None.
    Nothing,
    /// The event with this number.
    Event(i64),
    /// The event that the same write appended last.
    LastAppended,
}

/// What a committed write did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Receipt {
    /// Where the appended events stand, in the order of the changes.
    pub appended: Vec<(StreamId, Position)>,
    /// Deliveries that were claimed with the write.
    pub claimed: Vec<Claimed>,
    /// Lanes in which a delivery now waits to be claimed by anybody.
    pub waiting: bool,
    /// The records that the write asked for, as they were right after it; if it claimed something.
    pub read: Snapshot,
}

/// Records as they were at one moment; also those that were not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot(Vec<(Key, Option<Arc<Record>>)>);

impl Snapshot {
    /// Adds what was under this key.
    pub fn put(&mut self, key: Key, record: Option<Arc<Record>>) {
        self.0.push((key, record));
    }

    /// What was under this key: none if it was not looked at, `Some(None)` if there was nothing.
    pub fn get<T: Noun>(&self, id: &str) -> Option<Option<T>> {
        let (_, record) = self
            .0
            .iter()
            .find(|(key, _)| key.kind == T::KIND && *key.id == *id)?;
        Some(record.as_deref().and_then(T::of).cloned())
    }
}

/// Why a write did not happen. Nothing of it did.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WriteError {
    /// A guard did not hold.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The store failed, and the write did not happen. Only where the connection was lost in the
    /// commit and nobody could be asked in time does the text say that it may have.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The guard that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The record exists already.
    Exists(Key),
    /// The record is not as it was read.
    Changed(Key),
    /// The stream went on.
    Moved(StreamId),
    /// The stream holds as many events as it may.
    Full(StreamId),
    /// The session ended, expired, or never was.
    NotActive(SessionId),
    /// Nothing runs or waits in the lane.
    Idle(LaneId),
    /// The delivery is not among the dead.
    NotDead(LaneId, i64),
    /// The lease is lost.
    LeaseLost(LaneId),
    /// The event is there already, at this place.
    Duplicate(Position),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(key) => write!(f, "{:?} {} exists already", key.kind, key.id),
            Self::Changed(key) => write!(f, "{:?} {} changed", key.kind, key.id),
            Self::Moved(stream) => write!(f, "stream {stream} went on"),
            Self::Full(stream) => write!(f, "stream {stream} is full"),
            Self::NotActive(session) => write!(f, "{session} is not active"),
            Self::Idle(lane) => write!(f, "nothing runs or waits in {lane}"),
            Self::NotDead(lane, no) => write!(f, "{lane}/{no} is not among the dead"),
            Self::LeaseLost(lane) => write!(f, "the lease on {lane} is lost"),
            Self::Duplicate(position) => {
                write!(f, "it is there already, as number {}", position.no)
            }
        }
    }
}

impl Write {
    /// A write that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a guard.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// Adds a change.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Asks the receipt to tell of these records, if something is claimed.
    #[must_use]
    pub fn read(mut self, keys: impl IntoIterator<Item = Key>) -> Self {
        self.reads.extend(keys);
        self
    }

    /// Only if the record is as it was read.
    #[must_use]
    pub fn unchanged(self, record: impl Into<Record>) -> Self {
        self.guard(Guard::Unchanged(Box::new(record.into())))
    }

    /// Only if no such record exists.
    #[must_use]
    pub fn absent(self, key: Key) -> Self {
        self.guard(Guard::Absent(key))
    }

    /// Stores a record.
    #[must_use]
    pub fn put(self, record: impl Into<Record>) -> Self {
        self.change(Change::Put(Box::new(record.into())))
    }

    /// Appends an event.
    #[must_use]
    pub fn append(self, stream: StreamId, event: Event) -> Self {
        self.change(Change::Append {
            stream,
            event,
            dedup: None,
        })
    }
}
