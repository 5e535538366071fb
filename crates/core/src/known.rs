//! The records that a call needs: those that came with its claim, and from the store what did not.

use switchboard_domain::{
    Result,
    ports::{Noun, Snapshot, Store, find},
};

/// What is known where a delivery is worked on. A write that claims a delivery brings along what the
/// work on it looks at, as of that write, so that nothing has to be read again.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    store: &'a dyn Store,
    brought: &'a Snapshot,
}

impl<'a> Known<'a> {
    /// What was brought along, and the store behind it.
    pub fn new(store: &'a dyn Store, brought: &'a Snapshot) -> Self {
        Self { store, brought }
    }

    /// The noun with this id.
    pub async fn find<T: Noun>(self, id: &str) -> Result<Option<T>> {
        match self.brought.get(id) {
            Some(brought) => Ok(brought),
            None => Ok(find(self.store, id).await?),
        }
    }
}
