//! Applying a write to the working set: first all that may refuse it, then what cannot fail.

use super::{
    Admitted,
    set::Set,
    wants::{session_key, stream_key},
};
use crate::rows::EventRow;
use std::{collections::BTreeSet, sync::Arc};
use switchboard_domain::{
    ids::{LaneId, SessionId, StreamId},
    nouns::{Lane, Position, SessionStatus},
    ports::{Change, Guard, Key, Receipt, Record, Refusal},
};

/// Applies a write, or refuses it and leaves no trace.
pub(crate) fn apply(set: &mut Set, admitted: &Admitted) -> Result<Receipt, Refusal> {
    let Admitted { write, bodies } = admitted;
    write
        .guards
        .iter()
        .try_for_each(|guard| check(set, guard))?;
    write
        .changes
        .iter()
        .try_for_each(|change| check_name(set, change))?;
    let mut applied = Applied {
        set,
        receipt: Receipt::default(),
        lanes: BTreeSet::new(),
        bodies: bodies.iter(),
    };
    for change in &write.changes {
        applied.change(change);
    }
    Ok(applied.finish(&write.reads))
}

fn check(set: &Set, guard: &Guard) -> Result<(), Refusal> {
    let (holds, refusal) = match guard {
        Guard::Absent(key) => (set.record(key).is_none(), Refusal::Exists(key.clone())),
        Guard::Unchanged(record) => {
            let key = record.key();
            (
                set.record(&key) == Some(record.as_ref()),
                Refusal::Changed(key),
            )
        }
        Guard::At(stream, no) => (newest(set, stream) == *no, Refusal::Moved(stream.clone())),
        Guard::Below(stream, no) => (newest(set, stream) < *no, Refusal::Full(stream.clone())),
        Guard::Unnamed(stream, name) => {
            let found = set.named.get(&(stream.clone(), name.clone()));
            return found.map_or(Ok(()), |position| Err(Refusal::Duplicate(*position)));
        }
        Guard::Dead(lane, no) => (
            set.dead(lane, *no).is_some(),
            Refusal::NotDead(lane.clone(), *no),
        ),
        Guard::Active(session) => (is_active(set, session), Refusal::NotActive(session.clone())),
        Guard::Busy(lane) => (!set.lane(lane).is_idle(), Refusal::Idle(lane.clone())),
        Guard::Held(lease) => (
            set.lane(&lease.lane).is_held_by(lease),
            Refusal::LeaseLost(lease.lane.clone()),
        ),
    };
    if holds { Ok(()) } else { Err(refusal) }
}

fn newest(set: &Set, stream: &StreamId) -> i64 {
    match set.record(&stream_key(stream)) {
        Some(Record::Stream(stream)) => stream.last_no,
        _ => 0,
    }
}

fn is_active(set: &Set, session: &SessionId) -> bool {
    match set.record(&session_key(session)) {
        Some(Record::Session(session)) => session.status == SessionStatus::Active,
        _ => false,
    }
}

fn check_name(set: &Set, change: &Change) -> Result<(), Refusal> {
    let Change::Append {
        stream,
        dedup: Some(name),
        ..
    } = change
    else {
        return Ok(());
    };
    match set.named.get(&(stream.clone(), name.clone())) {
        Some(position) => Err(Refusal::Duplicate(*position)),
        None => Ok(()),
    }
}

/// A write while it is applied.
pub(super) struct Applied<'a> {
    pub(super) set: &'a mut Set,
    pub(super) receipt: Receipt,
    /// The lanes that it touched.
    pub(super) lanes: BTreeSet<LaneId>,
    /// The events that are still to be appended, as they are stored.
    bodies: std::slice::Iter<'a, Arc<str>>,
}

impl Applied<'_> {
    fn change(&mut self, change: &Change) {
        match change {
            Change::Put(record) => self.set.put(record.key(), Some(Arc::new(*record.clone()))),
            Change::Remove(key) => self.set.put(key.clone(), None),
            Change::Append { stream, dedup, .. } => self.append(stream, dedup.clone()),
            Change::Enqueue(new) => self.enqueue(new),
            Change::Finish { lane, claim } => self.finish_head(lane, claim.clone()),
            Change::Continue {
                lane,
                work,
                ready_at,
            } => self.continue_head(lane, work, *ready_at),
            Change::Retry { lane, ready_at } => self.retry_head(lane, *ready_at),
            Change::Fail { lane, ready_at } => self.fail_head(lane, *ready_at),
            Change::Bury { lane, reason } => self.bury_head(lane, reason, None),
            Change::SetAside {
                lane,
                reason,
                retry_at,
            } => self.bury_head(lane, reason, Some(*retry_at)),
            Change::Revive { lane, no, afresh } => self.revive(lane, *no, *afresh),
            Change::Forget { lane, no } => self.forget(lane, *no),
            Change::Pause(lane) => self.change_lane(lane, Lane::pause),
            Change::Resume(lane) => self.change_lane(lane, Lane::resume),
            Change::Interrupt(lane) => self.change_lane(lane, Lane::interrupt),
            Change::Purge { stream, up_to } => self.purge(stream, |stream| stream.purge(*up_to)),
            Change::Trim { stream, keep } => self.purge(stream, |stream| stream.trim(*keep)),
            Change::Cancel(lane) => self.cancel(lane),
            Change::Count { meter, usage } => {
                let mut meter = self.set.meter(meter);
                meter.count(*usage, self.set.now);
                self.set.put_noun(meter);
            }
        }
    }

    fn append(&mut self, id: &StreamId, dedup: Option<String>) {
        let Some(body) = self.bodies.next().cloned() else {
            return;
        };
        let mut stream = self.set.stream(id);
        let (no, at) = stream.advance(self.set.now);
        self.set.put_noun(stream);
        let position = Position { no, at };
        if let Some(name) = &dedup {
            self.set.named.insert((id.clone(), name.clone()), position);
        }
        self.receipt.appended.push((id.clone(), position));
        self.set.appended.push(EventRow {
            stream: id.clone(),
            no,
            at,
            dedup,
            body,
        });
    }

    fn finish(mut self, reads: &[Key]) -> Receipt {
        let (set, now) = (&*self.set, self.set.now);
        self.receipt.waiting = self.lanes.iter().any(|id| {
            let lane = set.lane(id);
            lane.life.is_none() && lane.ready_at.is_some_and(|ready_at| ready_at <= now)
        });
        if !self.receipt.claimed.is_empty() {
            for key in reads {
                let record = set.shared(key);
                self.receipt.read.put(key.clone(), record);
            }
        }
        self.receipt
    }
}
