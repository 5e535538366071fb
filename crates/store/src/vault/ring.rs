//! The master keys that are known, and where more may come from.

use super::MasterKey;
use std::sync::{Arc, PoisonError, RwLock};

/// Where the master keys come from.
pub trait KeySource: Send + Sync {
    /// The keys as they are now, the newest first; none if they cannot be read.
    fn read(&self) -> Vec<MasterKey>;
}

/// Master keys, the newest first; at least one.
pub(super) struct Ring {
    keys: RwLock<Vec<Arc<MasterKey>>>,
    source: Option<Box<dyn KeySource>>,
}

impl Ring {
    pub(super) fn of(keys: Vec<MasterKey>, source: Option<Box<dyn KeySource>>) -> Self {
        let keys = keys.into_iter().map(Arc::new).collect();
        Self {
            keys: RwLock::new(keys),
            source,
        }
    }

    pub(super) fn newest(&self) -> String {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.first()
            .map(|key| key.id().to_owned())
            .unwrap_or_default()
    }

    /// The key with this id. One that is not known is looked for at the source.
    pub(super) fn find(&self, id: &str) -> Option<Arc<MasterKey>> {
        self.known(id).or_else(|| {
            self.read_again();
            self.known(id)
        })
    }

    fn known(&self, id: &str) -> Option<Arc<MasterKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.id() == id).cloned()
    }

    /// Takes up what is new at the source. What was known stays known: something that was read before
    /// a key was dropped may still be sealed under it.
    fn read_again(&self) {
        let Some(source) = &self.source else { return };
        let found = source.read();
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for key in found.into_iter().rev() {
            if !keys.iter().any(|known| known.id() == key.id()) {
                keys.insert(0, Arc::new(key));
            }
        }
    }
}
