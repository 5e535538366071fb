//! A store whose answers get lost, or that takes no writes.

use async_trait::async_trait;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId, StreamId, Username},
    nouns::{DeadDelivery, Delivery, Recorded},
    ports::{
        Backlog, Claims, Key, Page, Query, Receipt, Record, Store, StoreError, Write, WriteError,
    },
};

/// A store that does everything, and sometimes does not say so: as when the connection to a database
/// breaks in the very moment of the commit.
pub struct LosingStore {
    inner: Arc<dyn Store>,
    lose: AtomicBool,
    full: AtomicBool,
}

impl LosingStore {
    /// A store around this one.
    pub fn around(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            lose: AtomicBool::new(false),
            full: AtomicBool::new(false),
        })
    }

    /// Loses the answer to the next commit. The write happens.
    pub fn lose_next(&self) {
        self.lose.store(true, Ordering::SeqCst);
    }

    /// From now on there is no room in the queue of writes, or there is again.
    pub fn be_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }
}

#[async_trait]
impl Store for LosingStore {
    async fn commit(&self, write: Write) -> Result<Receipt, WriteError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(StoreError::Full.into());
        }
        let receipt = self.inner.commit(write).await?;
        if self.lose.swap(false, Ordering::SeqCst) {
            return Err(StoreError::Broken("the answer to the commit was lost".to_owned()).into());
        }
        Ok(receipt)
    }

    async fn claim(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, StoreError> {
        self.inner.claim(life, now, limit).await
    }

    async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), StoreError> {
        self.inner.beat(life, ttl).await
    }

    async fn retire(&self, life: &LifeId) -> Result<(), StoreError> {
        self.inner.retire(life).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.inner.list(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.inner.count(query).await
    }

    async fn events(&self, stream: &StreamId, page: Page) -> Result<Vec<Recorded>, StoreError> {
        self.inner.events(stream, page).await
    }

    async fn delivery(&self, lane: &LaneId, no: i64) -> Result<Option<Delivery>, StoreError> {
        self.inner.delivery(lane, no).await
    }

    async fn waiting(
        &self,
        lane: &LaneId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.inner.waiting(lane, after, limit).await
    }

    async fn dead_in(&self, lane: &LaneId, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.inner.dead_in(lane, limit).await
    }

    async fn set_aside(&self, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.inner.set_aside(limit).await
    }

    async fn dead(&self, user: &Username, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.inner.dead(user, limit).await
    }

    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        self.inner.backlog(now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.inner.ping().await
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.inner.durability().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
