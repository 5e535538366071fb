//! Records as the last transaction left them, so that a batch need not load them again.
//!
//! Only where one connection writes, and only as long as the database says that nobody else wrote
//! beside it: a tool, say, that disables a user while the server runs.

use foldhash::HashMap;
use serde_json::Value;
use std::{mem::take, sync::Arc};
use switchboard_domain::{
    nouns::Object,
    ports::{Key, Kind, Record},
};

/// How many records are kept, in two generations of half as many.
const RECORDS: usize = 16_384;
/// How many bytes a record has at most that is kept, about.
const SMALL: usize = 16 << 10;

/// What is known of the database.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// The database's own number for the state that this is about.
    version: Option<i64>,
    /// How many events are fresh; none if that is not known.
    pub(crate) fresh: Option<usize>,
    /// Records that were used lately; none for those that are not there.
    young: HashMap<Key, Option<Arc<Record>>>,
    /// Those that were not used since the young ones began. They are forgotten next.
    old: HashMap<Key, Option<Arc<Record>>>,
}

impl Cache {
    /// Forgets everything unless the database is as it was left.
    pub(crate) fn enter(&mut self, version: i64) {
        if self.version != Some(version) {
            *self = Self {
                version: Some(version),
                ..Self::default()
            };
        }
    }

    /// What is known about this key.
    #[allow(
        clippy::option_option,
        reason = "not known, and known not to be there, are two things"
    )]
    pub(crate) fn get(&mut self, key: &Key) -> Option<Option<Arc<Record>>> {
        if let Some(record) = self.young.get(key) {
            return Some(record.clone());
        }
        let (key, record) = self.old.remove_entry(key)?;
        self.young.insert(key, record.clone());
        Some(record)
    }

    /// Notes what was stored.
    pub(crate) fn put(&mut self, key: Key, record: Option<Arc<Record>>) {
        if !is_kept(key.kind) || !record.as_deref().is_none_or(is_small) {
            return self.forget(&key);
        }
        if self.young.len() >= RECORDS / 2 {
            self.old = take(&mut self.young);
        }
        self.young.insert(key, record);
    }

    /// Forgets what was changed without being known here.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.young.remove(key);
        self.old.remove(key);
    }
}

/// Whether so many of its size may be kept: what users attach can be long.
fn is_small(record: &Record) -> bool {
    match record {
        Record::Session(session) => {
            let agents = session.agents.iter().map(|agent| {
                let words = agent.personality.iter().chain(&agent.capabilities);
                words.map(String::len).sum::<usize>() + weight(&agent.metadata)
            });
            agents.sum::<usize>() + weight(&session.metadata) <= SMALL
        }
        Record::Memory(memory) => weight(&memory.value) <= SMALL,
        Record::Task(task) => {
            task.input.as_ref().map_or(0, String::len) + weight(&task.additional_input) <= SMALL
        }
        Record::WorkflowAgent(agent) => weight(&agent.options) <= SMALL,
        Record::Wallet(wallet) => wallet.credentials.len() <= SMALL / 1024,
        Record::Links(links) => links.receivers.len() + links.control_targets.len() <= SMALL / 8,
        _ => true,
    }
}

/// About how many bytes an object takes.
fn weight(object: &Object) -> usize {
    let members = object.iter();
    members
        .map(|(name, value)| name.len() + of_value(value))
        .sum()
}

fn of_value(value: &Value) -> usize {
    let own = size_of::<Value>();
    match value {
        Value::String(text) => own + text.len(),
        Value::Array(values) => own + values.iter().map(of_value).sum::<usize>(),
        Value::Object(object) => own + weight(object),
        Value::Null | Value::Bool(_) | Value::Number(_) => own,
    }
}

/// What calls need again and again.
const fn is_kept(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::User
            | Kind::Session
            | Kind::WorkflowAgent
            | Kind::Links
            | Kind::Wallet
            | Kind::Task
            | Kind::Lane
            | Kind::Activity
            | Kind::Memory
            | Kind::Meter
            | Kind::Stream
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use switchboard_domain::conformance::store::make::{session, user};

    fn known(cache: &mut Cache, record: impl Into<Record>) -> bool {
        let record = Arc::new(record.into());
        let key = record.key();
        cache.put(key.clone(), Some(record.clone()));
        cache.get(&key) == Some(Some(record))
    }

    #[test]
    fn what_is_long_is_not_kept() {
        let mut cache = Cache::default();
        let mut long = session(1, "ann");
        assert!(known(&mut cache, long.clone()));
        let notes = json!([{"a": "x".repeat(SMALL)}]);
        long.metadata.insert("notes".to_owned(), notes);
        assert!(!known(&mut cache, long));
    }

    #[test]
    fn there_are_never_more_than_so_many() {
        let mut cache = Cache::default();
        for n in 0..RECORDS * 3 {
            let user = Record::from(user(&format!("u{n}")));
            cache.put(user.key(), Some(Arc::new(user)));
            assert!(cache.young.len() + cache.old.len() <= RECORDS);
        }
    }

    #[test]
    fn another_state_of_the_database_voids_everything() {
        let mut cache = Cache::default();
        cache.enter(1);
        let ann = Record::from(user("ann"));
        cache.put(ann.key(), Some(Arc::new(ann.clone())));
        cache.enter(1);
        assert_eq!(cache.young.len(), 1);
        cache.enter(2);
        assert_eq!(cache.get(&ann.key()), None);
    }
}
