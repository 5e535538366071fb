//! The working set of a batch: the rows as they were loaded and as the writes so far left them.

use super::wants::{lane_key, meter_key, stream_key};
use crate::rows::{DeliveryRow, EventRow};
use foldhash::HashMap;
use std::{collections::BTreeMap, sync::Arc};
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, StreamId},
    nouns::{Lane, Meter, Position, Stream},
    ports::{Key, Noun, Record},
};

/// A row in the working set.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// Whether it is stored.
    pub(crate) stored: bool,
    /// What it is now.
    pub(crate) value: Option<T>,
    /// Whether it changed since it was loaded.
    pub(crate) changed: bool,
    /// Whether the cache does not have it as it is now.
    pub(crate) is_news: bool,
}

impl<T> Slot<T> {
    /// A row that is stored.
    pub(crate) fn stored(value: T) -> Self {
        Self {
            stored: true,
            value: Some(value),
            changed: false,
            is_news: true,
        }
    }

    /// A row that is not stored.
    pub(crate) fn absent() -> Self {
        Self {
            stored: false,
            value: None,
            changed: false,
            is_news: true,
        }
    }

    /// Changes it.
    pub(crate) fn set(&mut self, value: Option<T>) {
        self.value = value;
        self.changed = true;
        self.is_news = true;
    }
}

/// The working set of a batch.
#[derive(Debug, Default)]
pub(crate) struct Set {
    /// The time of the batch.
    pub(crate) now: Timestamp,
    /// Records.
    pub(crate) records: HashMap<Key, Slot<Arc<Record>>>,
    /// Deliveries, by lane and number.
    pub(crate) deliveries: BTreeMap<(LaneId, i64), Slot<DeliveryRow>>,
    /// Where the events stand that have names.
    pub(crate) named: HashMap<(StreamId, String), Position>,
    /// Events that the writes appended.
    pub(crate) appended: Vec<EventRow>,
    /// The first number of each lane that waited when it was loaded.
    pub(crate) heads: HashMap<LaneId, i64>,
    /// Deliveries that were taken from among the dead.
    pub(crate) forgotten: Vec<(LaneId, i64)>,
    /// How far each stream was purged when it was loaded.
    pub(crate) purged: HashMap<StreamId, i64>,
}

impl Set {
    /// An empty set at this time.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// Takes in a record as it is stored.
    pub(crate) fn take_in(&mut self, record: Arc<Record>) {
        let key = record.key();
        self.take_in_known(key, Some(record), true);
    }

    /// Takes in what is known to be under a key.
    pub(crate) fn take_in_known(&mut self, key: Key, record: Option<Arc<Record>>, is_news: bool) {
        if let Some(Record::Lane(lane)) = record.as_deref() {
            self.heads.insert(lane.id.clone(), lane.head_no);
        }
        if let Some(Record::Stream(stream)) = record.as_deref() {
            self.purged.insert(stream.id.clone(), stream.purged_no);
        }
        let slot = record.map_or_else(Slot::absent, Slot::stored);
        self.records.insert(key, Slot { is_news, ..slot });
    }

    /// Takes in a delivery as it is stored.
    pub(crate) fn take_in_delivery(&mut self, row: DeliveryRow) {
        self.deliveries
            .insert((row.lane.clone(), row.no), Slot::stored(row));
    }

    /// The record with this key.
    pub(crate) fn record(&self, key: &Key) -> Option<&Record> {
        self.records.get(key).and_then(|slot| slot.value.as_deref())
    }

    /// The record with this key, shared.
    pub(crate) fn shared(&self, key: &Key) -> Option<Arc<Record>> {
        self.records.get(key).and_then(|slot| slot.value.clone())
    }

    /// Stores or removes a record.
    pub(crate) fn put(&mut self, key: Key, record: Option<Arc<Record>>) {
        self.records
            .entry(key)
            .or_insert_with(Slot::absent)
            .set(record);
    }

    /// Stores a noun.
    pub(crate) fn put_noun(&mut self, noun: impl Noun) {
        let record = Arc::new(noun.into());
        self.put(record.key(), Some(record));
    }

    fn noun<T: Noun>(&self, key: &Key) -> Option<T> {
        self.record(key).and_then(T::of).cloned()
    }

    /// The row of a lane.
    pub(crate) fn lane(&self, id: &LaneId) -> Lane {
        self.noun(&lane_key(id))
            .unwrap_or_else(|| Lane::idle(id.clone()))
    }

    /// The row of a stream.
    pub(crate) fn stream(&self, id: &StreamId) -> Stream {
        self.noun(&stream_key(id))
            .unwrap_or_else(|| Stream::empty(id.clone()))
    }

    /// A meter.
    pub(crate) fn meter(&self, id: &str) -> Meter {
        self.noun(&meter_key(id)).unwrap_or_else(|| Meter::new(id))
    }

    /// A delivery that waits or died.
    pub(crate) fn delivery(&self, lane: &LaneId, no: i64) -> Option<&DeliveryRow> {
        self.deliveries
            .get(&(lane.clone(), no))
            .and_then(|slot| slot.value.as_ref())
    }

    /// A delivery that is dead or set aside.
    pub(crate) fn dead(&self, lane: &LaneId, no: i64) -> Option<&DeliveryRow> {
        self.delivery(lane, no).filter(|row| row.died_at.is_some())
    }

    /// Stores or removes a delivery.
    pub(crate) fn put_delivery(&mut self, lane: &LaneId, no: i64, row: Option<DeliveryRow>) {
        self.deliveries
            .entry((lane.clone(), no))
            .or_insert_with(Slot::absent)
            .set(row);
    }

    /// The numbers that were taken out of lanes: from the old head up to below the new one.
    pub(crate) fn freed(&self) -> impl Iterator<Item = (&LaneId, i64, i64)> {
        self.heads.iter().filter_map(|(lane, old)| {
            let Some(Record::Lane(row)) = self.record(&lane_key(lane)) else {
                return None;
            };
            (row.head_no > *old).then_some((lane, *old, row.head_no - 1))
        })
    }

    /// The events that are gone, by stream and the first and last of their numbers.
    pub(crate) fn gone(&self) -> impl Iterator<Item = (&StreamId, i64, i64)> {
        self.records
            .values()
            .filter(|slot| slot.changed)
            .filter_map(|slot| {
                let Some(Record::Stream(stream)) = slot.value.as_deref() else {
                    return None;
                };
                let old = self.purged.get(&stream.id).copied().unwrap_or(0);
                (stream.purged_no > old).then_some((&stream.id, old + 1, stream.purged_no))
            })
    }

    /// The deliveries that are not among the dead any more.
    pub(crate) fn forgotten(&self) -> impl Iterator<Item = &(LaneId, i64)> {
        let forgotten = |slot: &Slot<DeliveryRow>| slot.stored && slot.value.is_none();
        self.forgotten
            .iter()
            .filter(move |place| self.deliveries.get(*place).is_some_and(forgotten))
    }
}
