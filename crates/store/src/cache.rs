//! Records as the last transaction left them, so that a batch need not load them again.
//!
//! Only where one connection writes, and only as long as the database says that nobody else wrote
//! beside it: a tool, say, that disables a user while the server runs.

use std::{collections::HashMap, mem::take};
use switchboard_domain::ports::{Key, Kind, Record};

/// How many records are kept, in two generations of half as many.
const RECORDS: usize = 4096;

/// What is known of the database.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    /// The database's own number for the state that this is about.
    version: Option<i64>,
    /// Records that were used lately; none for those that are not there.
    young: HashMap<Key, Option<Box<Record>>>,
    /// Those that were not used since the young ones began. They are forgotten next.
    old: HashMap<Key, Option<Box<Record>>>,
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

    /// Takes out what is known about this key. Who changes it or not puts it back.
    #[allow(
        clippy::option_option,
        reason = "not known, and known not to be there, are two things"
    )]
    pub(crate) fn take(&mut self, key: &Key) -> Option<Option<Box<Record>>> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Notes what was stored.
    pub(crate) fn put(&mut self, key: Key, record: Option<Box<Record>>) {
        if !is_kept(key.kind) {
            return;
        }
        if self.young.len() >= RECORDS / 2 {
            self.old = take(&mut self.young);
        }
        self.young.insert(key, record);
    }

    /// Forgets what was changed without being known here.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.take(key);
    }
}

/// What calls need again and again, and what is small.
const fn is_kept(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::User | Kind::Session | Kind::Lane | Kind::Memory | Kind::Meter | Kind::Stream
    )
}
