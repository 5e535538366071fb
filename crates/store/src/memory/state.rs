//! What the memory store holds, as the tables would.

use crate::{
    batch::{self, Admitted, Set, Wants},
    fault::Fault,
    rows::{DeliveryRow, EventRow},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId, StreamId, Username},
    nouns::{DeadDelivery, Delivery, Lane, Position, Recorded},
    ports::{Backlog, Claims, Key, Page, Receipt, Record, Refusal},
    text,
};

#[derive(Default)]
pub(super) struct State {
    pub(super) records: BTreeMap<Key, Record>,
    events: HashMap<StreamId, Vec<EventRow>>,
    named: HashMap<(StreamId, String), Position>,
    deliveries: BTreeMap<(LaneId, i64), DeliveryRow>,
    pub(super) lives: HashMap<LifeId, Timestamp>,
}

impl State {
    /// Applies one write.
    pub(super) fn commit(
        &mut self,
        write: &Admitted,
        now: Timestamp,
    ) -> Result<Result<Receipt, Refusal>, Fault> {
        let mut set = self.load(Wants::of(std::slice::from_ref(write)), now);
        let outcome = batch::apply(&mut set, write);
        self.check_hashes(&set)?;
        self.flush(set);
        Ok(outcome)
    }

    fn load(&self, wants: Wants, now: Timestamp) -> Set {
        let mut set = Set::at(now);
        for key in wants.keys.into_iter().chain(wants.reads) {
            let record = self.records.get(&key).cloned().map(Arc::new);
            set.take_in_known(key, record, true);
        }
        for name in wants.names {
            if let Some(position) = self.named.get(&name) {
                set.named.insert(name, *position);
            }
        }
        for (lane, heads) in wants.heads {
            let low = set.heads.get(&lane).copied().unwrap_or(1);
            let numbers = (lane.clone(), low)..=(lane, low.saturating_add(heads.count));
            let waiting = self
                .deliveries
                .range(numbers)
                .filter(|(_, row)| row.died_at.is_none());
            waiting.for_each(|(_, row)| set.take_in_delivery(row.clone()));
        }
        let dead = wants
            .dead
            .iter()
            .filter_map(|place| self.deliveries.get(place));
        dead.filter(|row| row.died_at.is_some())
            .for_each(|row| set.take_in_delivery(row.clone()));
        set
    }

    /// No two API tokens have the same hash: the one rule of the tables that is no key.
    fn check_hashes(&self, set: &Set) -> Result<(), Fault> {
        for record in set
            .records
            .values()
            .filter(|slot| slot.changed)
            .filter_map(|slot| slot.value.as_deref())
        {
            let Record::ApiToken(token) = record else {
                continue;
            };
            let exists = self.records.values().any(|other| match other {
                Record::ApiToken(other) => other.id != token.id && other.hash == token.hash,
                _ => false,
            });
            if exists {
                return Err(Fault::bad("an API token with this hash exists"));
            }
        }
        Ok(())
    }

    fn flush(&mut self, set: Set) {
        let freed: Vec<_> = set
            .freed()
            .map(|(lane, low, high)| (lane.clone(), low, high))
            .collect();
        let gone: Vec<_> = set
            .gone()
            .map(|(stream, _, high)| (stream.clone(), high))
            .collect();
        for (key, slot) in set.records.into_iter().filter(|(_, slot)| slot.changed) {
            match slot.value {
                Some(record) => self.records.insert(key, Arc::unwrap_or_clone(record)),
                None => self.records.remove(&key),
            };
        }
        for (place, slot) in set.deliveries.into_iter().filter(|(_, slot)| slot.changed) {
            match slot.value {
                Some(row) => self.deliveries.insert(place, row),
                None => self.deliveries.remove(&place),
            };
        }
        for (lane, low, high) in freed {
            for no in low..=high {
                let place = (lane.clone(), no);
                if self
                    .deliveries
                    .get(&place)
                    .is_some_and(|row| row.died_at.is_none())
                {
                    self.deliveries.remove(&place);
                }
            }
        }
        for row in set.appended {
            if let Some(name) = &row.dedup {
                let position = Position {
                    no: row.no,
                    at: row.at,
                };
                self.named
                    .insert((row.stream.clone(), name.clone()), position);
            }
            self.events.entry(row.stream.clone()).or_default().push(row);
        }
        for (stream, high) in gone {
            self.named
                .retain(|(of, _), position| *of != stream || position.no > high);
            if let Some(events) = self.events.get_mut(&stream) {
                events.retain(|row| row.no > high);
            }
        }
    }

    /// Claims the heads of lanes that are ready.
    pub(super) fn claim(
        &mut self,
        life: &LifeId,
        now: Timestamp,
        shared_now: Timestamp,
        limit: usize,
    ) -> Claims {
        let mut ready: Vec<Lane> = self
            .lanes()
            .filter(|lane| lane.life.as_ref() != Some(life))
            .filter(|lane| self.is_claimable(lane, now, shared_now))
            .collect();
        ready.sort_by(|a, b| (a.ready_at, &a.id).cmp(&(b.ready_at, &b.id)));
        ready.truncate(limit);
        let mut claims = Claims::default();
        for mut lane in ready {
            let head = self
                .deliveries
                .get(&(lane.id.clone(), lane.head_no))
                .cloned();
            claims
                .claimed
                .extend(head.map(|head| batch::claimed(&mut lane, life.clone(), head)));
            let record = Record::from(lane);
            self.records.insert(record.key(), record);
        }
        let unheld = self.lanes().filter(|lane| lane.life.is_none());
        claims.next_at = unheld
            .filter_map(|lane| lane.ready_at)
            .filter(|ready_at| *ready_at > now)
            .min();
        claims
    }

    /// How much work there is.
    pub(super) fn backlog(&self, now: Timestamp, shared_now: Timestamp) -> Backlog {
        let mut backlog = Backlog::default();
        for lane in self.lanes() {
            let Some(ready_at) = lane.ready_at else {
                continue;
            };
            if self.is_claimable(&lane, now, shared_now) {
                backlog.waiting += 1;
                let since = backlog.waiting_since.unwrap_or(ready_at);
                backlog.waiting_since = Some(since.min(ready_at));
            } else if self.is_claimable(&lane, ready_at, shared_now) {
                backlog.later += 1;
            } else {
                backlog.held += 1;
            }
        }
        backlog
    }

    fn lanes(&self) -> impl Iterator<Item = Lane> {
        self.records.values().filter_map(|record| match record {
            Record::Lane(lane) => Some(lane.clone()),
            _ => None,
        })
    }

    fn is_claimable(&self, lane: &Lane, now: Timestamp, shared_now: Timestamp) -> bool {
        let is_ready = lane.ready_at.is_some_and(|ready_at| ready_at <= now);
        let until = lane.life.as_ref().and_then(|life| self.lives.get(life));
        is_ready && until.is_none_or(|until| *until <= shared_now)
    }

    /// One record.
    pub(super) fn get(&self, key: &Key) -> Option<Record> {
        let key = Key {
            kind: key.kind,
            id: text::storable(&key.id).into(),
        };
        self.records.get(&key).cloned()
    }

    /// Events of a stream.
    pub(super) fn events(&self, stream: &StreamId, page: Page) -> Result<Vec<Recorded>, Fault> {
        let stream = StreamId::from_key(text::storable(stream.as_str()));
        let rows = self
            .events
            .get(&stream)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let rows: Vec<&EventRow> = match page {
            Page::After {
                after,
                limit,
                bytes,
            } => {
                let from = rows.partition_point(|row| row.no <= after);
                fitting(rows[from..].iter().take(limit), bytes)
            }
            Page::UpTo { no, limit, bytes } => {
                let up_to = rows.partition_point(|row| row.no <= no);
                let mut rows = fitting(rows[..up_to].iter().rev().take(limit), bytes);
                rows.reverse();
                rows
            }
        };
        rows.into_iter().cloned().map(EventRow::recorded).collect()
    }

    /// A delivery that waits or is worked on.
    pub(super) fn delivery(&self, lane: &LaneId, no: i64) -> Option<Delivery> {
        let lane = LaneId::from_key(text::storable(lane.as_str()));
        let row = self
            .deliveries
            .get(&(lane, no))
            .filter(|row| row.died_at.is_none())?;
        Some(row.clone().delivery())
    }

    /// The deliveries that wait in a lane.
    pub(super) fn waiting(&self, lane: &LaneId, after: i64, limit: usize) -> Vec<Delivery> {
        let lane = LaneId::from_key(text::storable(lane.as_str()));
        let rows = self.deliveries.values();
        rows.filter(|row| row.lane == lane && row.no > after && row.died_at.is_none())
            .take(limit)
            .map(|row| row.clone().delivery())
            .collect()
    }

    /// The dead deliveries of a lane.
    pub(super) fn dead_in(&self, lane: &LaneId, limit: usize) -> Vec<DeadDelivery> {
        let lane = LaneId::from_key(text::storable(lane.as_str()));
        self.newest_dead(|row| row.lane == lane, limit)
    }

    /// The deliveries that are set aside.
    pub(super) fn set_aside(&self, limit: usize) -> Vec<DeadDelivery> {
        let mut rows: Vec<&DeliveryRow> = self
            .deliveries
            .values()
            .filter(|row| row.retry_at.is_some())
            .collect();
        rows.sort_by_key(|row| (row.retry_at, row.lane.clone(), row.no));
        rows.into_iter()
            .take(limit)
            .cloned()
            .filter_map(DeliveryRow::dead)
            .collect()
    }

    /// The dead deliveries of a user.
    pub(super) fn dead(&self, user: &Username, limit: usize) -> Vec<DeadDelivery> {
        self.newest_dead(|row| row.user == *user && row.retry_at.is_none(), limit)
    }

    fn newest_dead(&self, which: impl Fn(&DeliveryRow) -> bool, limit: usize) -> Vec<DeadDelivery> {
        let mut rows: Vec<&DeliveryRow> = self
            .deliveries
            .values()
            .filter(|row| row.died_at.is_some() && which(row))
            .collect();
        rows.sort_by(|a, b| {
            b.died_at
                .cmp(&a.died_at)
                .then(a.lane.cmp(&b.lane))
                .then(b.no.cmp(&a.no))
        });
        rows.into_iter()
            .take(limit)
            .cloned()
            .filter_map(DeliveryRow::dead)
            .collect()
    }
}

/// The first rows that have so many bytes together; at least one.
fn fitting<'a>(rows: impl Iterator<Item = &'a EventRow>, bytes: usize) -> Vec<&'a EventRow> {
    let mut left = bytes;
    let mut page = Vec::new();
    for row in rows {
        match left.checked_sub(row.body.len()) {
            Some(rest) => left = rest,
            None if page.is_empty() => left = 0,
            None => break,
        }
        page.push(row);
    }
    page
}
