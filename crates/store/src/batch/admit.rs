//! What is looked at before a write may join a batch, so that applying it cannot fail later.

use crate::{fault::Fault, rows};
use std::{collections::HashSet, sync::Arc};
use switchboard_domain::{
    ids::{LaneId, StreamId},
    nouns::Lease,
    ports::{Change, Guard, Key, Kind, NewDelivery, Write},
    text,
};

/// A write as it can be stored.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The write; its texts have no U+0000.
    pub(crate) write: Write,
    /// The events that it appends, as they are stored: serialized where somebody waits, and not where
    /// all wait for one.
    pub(crate) bodies: Vec<Arc<str>>,
}

/// The write as it can be stored.
///
/// # Errors
/// When it breaks a rule of writes: lanes, meters and streams are not put, the first and the last
/// are not removed, and no name of an event is used twice.
pub(crate) fn admit(write: Write) -> Result<Admitted, Fault> {
    let guards = write
        .guards
        .into_iter()
        .map(guard)
        .collect::<Result<Vec<_>, _>>()?;
    let changes = write
        .changes
        .into_iter()
        .map(change)
        .collect::<Result<Vec<_>, _>>()?;
    check_names(&changes)?;
    let bodies = changes.iter().filter_map(body).collect::<Result<_, _>>()?;
    let reads = write.reads.into_iter().map(key).collect();
    let write = Write {
        guards,
        changes,
        reads,
    };
    Ok(Admitted { write, bodies })
}

fn body(change: &Change) -> Option<Result<Arc<str>, Fault>> {
    let Change::Append { event, .. } = change else {
        return None;
    };
    let body = serde_json::to_string(event).map_err(Fault::bad);
    Some(body.map(Arc::from))
}

fn check_names(changes: &[Change]) -> Result<(), Fault> {
    let mut names = HashSet::new();
    for change in changes {
        if let Change::Append {
            stream,
            dedup: Some(name),
            ..
        } = change
            && !names.insert((stream, name))
        {
            return Err(Fault::bad(
                "a write that appends two events of the same name",
            ));
        }
    }
    Ok(())
}

fn guard(guard: Guard) -> Result<Guard, Fault> {
    Ok(match guard {
        Guard::Absent(id) => Guard::Absent(key(id)),
        Guard::Unchanged(record) => Guard::Unchanged(Box::new(rows::storable(*record)?)),
        Guard::At(id, no) => Guard::At(stream(id), no),
        Guard::Below(id, no) => Guard::Below(stream(id), no),
        Guard::Busy(id) => Guard::Busy(lane(id)),
        Guard::Dead(id, no) => Guard::Dead(lane(id), no),
        Guard::Unnamed(id, name) => Guard::Unnamed(stream(id), string(name)),
        Guard::Active(session) => Guard::Active(session),
        Guard::Held(lease) => Guard::Held(Lease {
            lane: lane(lease.lane),
            ..lease
        }),
    })
}

fn change(change: Change) -> Result<Change, Fault> {
    Ok(match change {
        Change::Put(record) => {
            if matches!(record.key().kind, Kind::Lane | Kind::Meter | Kind::Stream) {
                return Err(Fault::bad("a write that puts a lane, a meter or a stream"));
            }
            Change::Put(Box::new(rows::storable(*record)?))
        }
        Change::Remove(Key {
            kind: Kind::Lane | Kind::Stream,
            ..
        }) => {
            return Err(Fault::bad("a write that removes a lane or a stream"));
        }
        Change::Remove(id) => Change::Remove(key(id)),
        Change::Append {
            stream: id,
            event,
            dedup,
        } => Change::Append {
            stream: stream(id),
            event,
            dedup: dedup.map(string),
        },
        Change::Enqueue(new) => Change::Enqueue(NewDelivery {
            lane: lane(new.lane),
            agent: string(new.agent),
            ..new
        }),
        Change::Finish { lane: id, claim } => Change::Finish {
            lane: lane(id),
            claim,
        },
        Change::Continue {
            lane: id,
            work,
            ready_at,
        } => Change::Continue {
            lane: lane(id),
            work,
            ready_at,
        },
        Change::Retry { lane: id, ready_at } => Change::Retry {
            lane: lane(id),
            ready_at,
        },
        Change::Bury { lane: id, reason } => Change::Bury {
            lane: lane(id),
            reason: string(reason),
        },
        Change::Cancel(id) => Change::Cancel(lane(id)),
        Change::Count { meter, usage } => Change::Count {
            meter: string(meter),
            usage,
        },
        other => of_workflows(other),
    })
}

/// The changes that workflows need.
fn of_workflows(change: Change) -> Change {
    match change {
        Change::Fail { lane: id, ready_at } => Change::Fail {
            lane: lane(id),
            ready_at,
        },
        Change::SetAside {
            lane: id,
            reason,
            retry_at,
        } => Change::SetAside {
            lane: lane(id),
            reason: string(reason),
            retry_at,
        },
        Change::Revive {
            lane: id,
            no,
            afresh,
        } => Change::Revive {
            lane: lane(id),
            no,
            afresh,
        },
        Change::Forget { lane: id, no } => Change::Forget { lane: lane(id), no },
        Change::Pause(id) => Change::Pause(lane(id)),
        Change::Resume(id) => Change::Resume(lane(id)),
        Change::Interrupt(id) => Change::Interrupt(lane(id)),
        Change::Purge { stream: id, up_to } => Change::Purge {
            stream: stream(id),
            up_to,
        },
        Change::Trim { stream: id, keep } => Change::Trim {
            stream: stream(id),
            keep,
        },
        other => other,
    }
}

fn string(string: String) -> String {
    if string.contains('\0') {
        text::storable(&string).into_owned()
    } else {
        string
    }
}

fn key(key: Key) -> Key {
    if key.id.contains('\0') {
        let id = text::storable(&key.id).into();
        return Key { id, ..key };
    }
    key
}

fn lane(id: LaneId) -> LaneId {
    if id.as_str().contains('\0') {
        LaneId::from_key(text::storable(id.as_str()))
    } else {
        id
    }
}

fn stream(id: StreamId) -> StreamId {
    if id.as_str().contains('\0') {
        StreamId::from_key(text::storable(id.as_str()))
    } else {
        id
    }
}
