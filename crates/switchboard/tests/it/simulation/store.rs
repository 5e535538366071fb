//! The store as one node sees it: slow, full at times, and its answers get lost.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId, StreamId, Username},
    nouns::{DeadDelivery, Delivery, Recorded},
    ports::{
        Backlog, Change, Claims, Clock as _, Key, Page, Query, Receipt, Record, Store, StoreError,
        Write, WriteError,
    },
};

use super::world::World;

/// One node's way to the store.
pub struct NodeStore {
    pub world: Arc<World>,
    pub node: u32,
}

fn broken(why: &str) -> StoreError {
    StoreError::Broken(why.to_owned())
}

impl NodeStore {
    async fn wait(&self) {
        let world = &self.world;
        if world.faulty(2) {
            world.pause(4_000_000).await;
        } else if world.chance(30) {
            world.pause(world.plan.store_delay_us).await;
        }
    }

    /// On the way there: waits, and may not arrive.
    async fn there(&self) -> Result<(), StoreError> {
        self.wait().await;
        let world = &self.world;
        if world.faulty(world.plan.store_fault) {
            world.note(|| format!("node {}: the store is not reached", self.node));
            return Err(broken("not reached"));
        }
        Ok(())
    }

    /// On the way back: waits, and the answer may be lost.
    async fn back(&self, what: &str) -> Result<(), StoreError> {
        self.wait().await;
        let world = &self.world;
        if world.faulty(world.plan.store_fault) {
            world.note(|| format!("node {}: the answer to {what} is lost", self.node));
            return Err(broken("the answer was lost"));
        }
        Ok(())
    }
}

fn name(change: &Change) -> String {
    match change {
        Change::Put(record) => format!("put {:?}", record.key().kind),
        Change::Remove(key) => format!("remove {:?}", key.kind),
        Change::Append { stream, event, .. } => {
            let event = serde_json::to_value(event).unwrap();
            let about = event.get("reply_to").or(event.get("content"));
            format!(
                "append {} {} to {stream}",
                event["type"],
                about.unwrap_or(&event["reason"])
            )
        }
        Change::Enqueue(_) => "enqueue".into(),
        Change::Finish { .. } => "finish".into(),
        Change::Continue { .. } => "continue".into(),
        Change::Retry { lane, .. } => format!("retry {lane}"),
        Change::Bury { .. } => "bury".into(),
        Change::Cancel(lane) => format!("cancel {lane}"),
        Change::Count { .. } => "count".into(),
        other => format!("{other:?}"),
    }
}

#[async_trait]
impl Store for NodeStore {
    async fn commit(&self, write: Write) -> Result<Receipt, WriteError> {
        self.there().await?;
        let (world, node) = (&self.world, self.node);
        if world.faulty(world.plan.store_fault) {
            world.note(|| format!("node {node}: the queue of writes is full"));
            return Err(StoreError::Full.into());
        }
        let result = world.store.commit(write.clone()).await;
        world.note(|| {
            let changes: Vec<String> = write.changes.iter().map(name).collect();
            let outcome = match &result {
                Ok(receipt) => receipt
                    .appended
                    .iter()
                    .map(|(_, at)| at.no.to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
                Err(error) => error.to_string(),
            };
            format!("node {node} writes {} => {outcome}", changes.join(", "))
        });
        if let Ok(receipt) = &result {
            world.shadow.lock().unwrap().wrote(world, &write, receipt);
        }
        self.back("a commit").await?;
        result
    }

    async fn claim(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, StoreError> {
        self.there().await?;
        let (world, node) = (&self.world, self.node);
        let claims = world.store.claim(life, now, limit).await?;
        for claimed in &claims.claimed {
            let lease = &claimed.lease;
            world.note(|| format!("node {node} claims {} ({})", lease.lane, lease.fence));
            world.shadow.lock().unwrap().claimed(world, lease);
        }
        self.back("a claim").await?;
        Ok(claims)
    }

    async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), StoreError> {
        self.there().await?;
        let world = &self.world;
        let now = world.clock.now();
        let micros = i64::try_from(ttl.as_micros()).unwrap();
        let heard =
            world
                .shadow
                .lock()
                .unwrap()
                .beat(self.node, life, now, now.plus_micros(micros));
        if !heard {
            return Err(broken("the heartbeat is not heard"));
        }
        world.store.beat(life, ttl).await
    }

    async fn retire(&self, life: &LifeId) -> Result<(), StoreError> {
        self.there().await?;
        self.world.shadow.lock().unwrap().retired(life);
        self.world.store.retire(life).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.there().await?;
        let record = self.world.store.get(key).await;
        self.wait().await;
        record
    }

    async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.there().await?;
        let records = self.world.store.list(query).await;
        self.wait().await;
        records
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.there().await?;
        let count = self.world.store.count(query).await;
        self.wait().await;
        count
    }

    async fn events(&self, stream: &StreamId, page: Page) -> Result<Vec<Recorded>, StoreError> {
        self.there().await?;
        let events = self.world.store.events(stream, page).await;
        self.wait().await;
        events
    }

    async fn delivery(&self, lane: &LaneId, no: i64) -> Result<Option<Delivery>, StoreError> {
        self.world.store.delivery(lane, no).await
    }

    async fn waiting(
        &self,
        lane: &LaneId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.world.store.waiting(lane, after, limit).await
    }

    async fn dead_in(&self, lane: &LaneId, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.world.store.dead_in(lane, limit).await
    }

    async fn set_aside(&self, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.world.store.set_aside(limit).await
    }

    async fn dead(&self, user: &Username, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        self.world.store.dead(user, limit).await
    }

    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        self.world.store.backlog(now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.world.store.ping().await
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, StoreError> {
        self.world.store.durability().await
    }

    /// The others go on with it.
    async fn close(&self) {}
}
