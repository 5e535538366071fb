//! The port, on a database.

use crate::{
    committer::Committer,
    database::Database,
    engine::Arg,
    fault::Fault,
    rows::{self, DeliveryRow, EventRow},
    tables::DELIVERIES,
};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId, StreamId, Username},
    nouns::{DeadDelivery, Delivery, Recorded},
    ports::{
        Backlog, Claims, Key, Page, Query, Receipt, Record, Store, StoreError, Write, WriteError,
    },
};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// A store on a database.
pub(crate) struct SqlStore {
    database: Arc<Database>,
    committer: Committer,
    /// Claims and beats that keep a thread.
    beside: TaskTracker,
}

impl SqlStore {
    /// Starts the task that writes.
    pub(crate) fn new(database: Database) -> Self {
        let database = Arc::new(database);
        Self {
            committer: Committer::start(database.clone()),
            database,
            beside: TaskTracker::new(),
        }
    }

    /// Does what writes besides the batches, where it may keep a thread.
    async fn beside<T, F>(
        &self,
        work: impl FnOnce(Arc<Database>) -> F + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let database = Arc::clone(&self.database);
        if !database.engine.keeps_thread() {
            return Ok(work(database).await?);
        }
        let here = Handle::current();
        let done = self
            .beside
            .spawn_blocking(move || here.block_on(work(database)));
        match done.await {
            Ok(done) => Ok(done?),
            Err(error) => Err(StoreError::Broken(error.to_string())),
        }
    }

    /// The deliveries for which this holds.
    async fn deliveries(&self, which: &str, args: &[Arg]) -> Result<Vec<DeliveryRow>, StoreError> {
        let object = self.database.sql.dialect.object("t", DELIVERIES.read());
        self.read(
            &format!("SELECT {object} FROM deliveries t WHERE {which}"),
            args,
        )
        .await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        sql: &str,
        args: &[Arg],
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.database.read(sql, args).await?;
        rows.iter()
            .map(|row| serde_json::from_str(row))
            .collect::<Result<_, _>>()
            .map_err(|error| StoreError::Broken(format!("a stored row cannot be read: {error}")))
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn commit(&self, write: Write) -> Result<Receipt, WriteError> {
        self.committer.commit(write).await
    }

    async fn claim(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, StoreError> {
        let life = life.clone();
        self.beside(move |database| async move { database.claim(&life, now, limit).await })
            .await
    }

    async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), StoreError> {
        let life = life.clone();
        self.beside(move |database| async move { database.beat(&life, ttl).await })
            .await
    }

    async fn retire(&self, life: &LifeId) -> Result<(), StoreError> {
        let life = life.clone();
        self.beside(move |database| async move { database.retire(&life).await })
            .await
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        let Some(id) = rows::key_value(key.kind, &key.id) else {
            return Ok(None);
        };
        let ids = Arg::Text(Value::from(vec![id]).to_string());
        let rows = self
            .database
            .read_one(&self.database.sql.of(key.kind).load, &[ids])
            .await?;
        Ok(rows
            .first()
            .map(|row| rows::decode(key.kind, row))
            .transpose()?)
    }

    async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        Ok(self.database.list(query).await?)
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        Ok(self.database.count(query).await?)
    }

    async fn events(&self, stream: &StreamId, page: Page) -> Result<Vec<Recorded>, StoreError> {
        let sql = &self.database.sql;
        let (sql, no, limit, bytes) = match page {
            Page::After {
                after,
                limit,
                bytes,
            } => (&sql.after, after, limit, bytes),
            Page::UpTo { no, limit, bytes } => (&sql.up_to, no, limit, bytes),
        };
        let args = [
            Arg::text(stream.as_str()),
            Arg::Int(no),
            Arg::limit(limit),
            Arg::limit(bytes),
        ];
        let mut rows: Vec<EventRow> = self.read(sql, &args).await?;
        rows.sort_unstable_by_key(|row| row.no);
        let events = rows.into_iter().map(EventRow::recorded);
        Ok(events.collect::<Result<_, _>>()?)
    }

    async fn delivery(&self, lane: &LaneId, no: i64) -> Result<Option<Delivery>, StoreError> {
        let rest = "t.lane = $1 AND t.no = $2 AND t.died_at IS NULL";
        let args = [Arg::text(lane.as_str()), Arg::Int(no)];
        let rows = self.deliveries(rest, &args).await?;
        Ok(rows.into_iter().next().map(DeliveryRow::delivery))
    }

    async fn waiting(
        &self,
        lane: &LaneId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rest = "t.lane = $1 AND t.no > $2 AND t.died_at IS NULL ORDER BY t.no LIMIT $3";
        let args = [Arg::text(lane.as_str()), Arg::Int(after), Arg::limit(limit)];
        let rows = self.deliveries(rest, &args).await?;
        Ok(rows.into_iter().map(DeliveryRow::delivery).collect())
    }

    async fn dead(&self, user: &Username, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        let rest = "t.\"user\" = $1 AND t.died_at IS NOT NULL AND t.retry_at IS NULL \
                    ORDER BY t.died_at DESC, t.lane, t.no DESC LIMIT $2";
        let args = [Arg::text(user.as_str()), Arg::limit(limit)];
        let rows = self.deliveries(rest, &args).await?;
        Ok(rows.into_iter().filter_map(DeliveryRow::dead).collect())
    }

    async fn dead_in(&self, lane: &LaneId, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        let rest = "t.lane = $1 AND t.died_at IS NOT NULL \
                    ORDER BY t.died_at DESC, t.lane, t.no DESC LIMIT $2";
        let args = [Arg::text(lane.as_str()), Arg::limit(limit)];
        let rows = self.deliveries(rest, &args).await?;
        Ok(rows.into_iter().filter_map(DeliveryRow::dead).collect())
    }

    async fn set_aside(&self, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        let rest = "t.retry_at IS NOT NULL ORDER BY t.retry_at, t.lane, t.no LIMIT $1";
        let rows = self.deliveries(rest, &[Arg::limit(limit)]).await?;
        Ok(rows.into_iter().filter_map(DeliveryRow::dead).collect())
    }

    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        Ok(self.database.backlog(now).await?)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.database.read("SELECT '1'", &[]).await?;
        Ok(())
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, StoreError> {
        Ok(self.database.engine.durability().await?)
    }

    async fn close(&self) {
        self.committer.close().await;
        self.beside.close();
        self.beside.wait().await;
        self.database.engine.close().await;
    }
}
