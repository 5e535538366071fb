//! A store in memory: the same batches, without a database. For tests and simulations.

mod list;
mod state;

use crate::batch;
use async_trait::async_trait;
use state::State;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId, StreamId, Username},
    nouns::{DeadDelivery, Delivery, Recorded},
    ports::{
        Backlog, Claims, Clock, Key, Page, Query, Receipt, Record, Store, StoreError, Write,
        WriteError,
    },
};

/// The store.
pub(crate) struct MemoryStore {
    clock: Arc<dyn Clock>,
    /// None once it is closed.
    state: Mutex<Option<State>>,
}

impl MemoryStore {
    /// An empty store.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::new(Some(State::default())),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        self.lock().as_mut().map(work).ok_or(StoreError::Closed)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, write: Write) -> Result<Receipt, WriteError> {
        let write = batch::admit(write).map_err(StoreError::from)?;
        let now = self.clock.now();
        let outcome = self
            .with(|state| state.commit(&write, now))?
            .map_err(StoreError::from)?;
        outcome.map_err(WriteError::Refused)
    }

    async fn claim(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, StoreError> {
        let shared_now = self.clock.now();
        self.with(|state| state.claim(life, now, shared_now, limit))
    }

    async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), StoreError> {
        let ttl = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
        let until = self.clock.now().plus_micros(ttl);
        self.with(|state| state.lives.insert(life.clone(), until))
            .map(|_| ())
    }

    async fn retire(&self, life: &LifeId) -> Result<(), StoreError> {
        self.with(|state| state.lives.remove(life)).map(|_| ())
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.with(|state| state.get(key))
    }

    async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.with(|state| state.list(query))
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.with(|state| state.count(query))
    }

    async fn events(&self, stream: &StreamId, page: Page) -> Result<Vec<Recorded>, StoreError> {
        Ok(self.with(|state| state.events(stream, page))??)
    }

    async fn delivery(&self, lane: &LaneId, no: i64) -> Result<Option<Delivery>, StoreError> {
        self.with(|state| state.delivery(lane, no))
    }

    async fn waiting(
        &self,
        lane: &LaneId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.with(|state| state.waiting(lane, after, limit))
    }

    async fn dead_in(&self, lane: &LaneId, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.with(|state| state.dead_in(lane, limit))
    }

    async fn set_aside(&self, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.with(|state| state.set_aside(limit))
    }

    async fn dead(&self, user: &Username, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.with(|state| state.dead(user, limit))
    }

    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        let shared_now = self.clock.now();
        self.with(|state| state.backlog(now, shared_now))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.with(|_| ())
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.with(|_| {
            vec![(
                "memory".to_owned(),
                "nothing outlives the process".to_owned(),
            )]
        })
    }

    async fn close(&self) {
        self.lock().take();
    }
}
