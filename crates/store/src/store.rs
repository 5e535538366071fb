//! The port, on a database.

use crate::{
    committer::Committer,
    database::Database,
    engine::Arg,
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
    ports::{Claims, Key, Page, Query, Receipt, Record, Store, StoreError, Write, WriteError},
};

/// A store on a database.
pub(crate) struct SqlStore {
    database: Arc<Database>,
    committer: Committer,
}

impl SqlStore {
    /// Starts the task that writes.
    pub(crate) fn new(database: Database) -> Self {
        let database = Arc::new(database);
        Self {
            committer: Committer::start(database.clone()),
            database,
        }
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
        Ok(self.database.claim(life, now, limit).await?)
    }

    async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), StoreError> {
        Ok(self.database.beat(life, ttl).await?)
    }

    async fn retire(&self, life: &LifeId) -> Result<(), StoreError> {
        Ok(self.database.retire(life).await?)
    }

    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        let Some(id) = rows::key_value(key.kind, &key.id) else {
            return Ok(None);
        };
        let ids = Arg::Text(Value::from(vec![id]).to_string());
        let rows = self
            .database
            .read(&self.database.sql.of(key.kind).load, &[ids])
            .await?;
        Ok(rows
            .first()
            .map(|row| rows::decode(key.kind, row))
            .transpose()?)
    }

    async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        Ok(self.database.list(query).await?)
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
        Ok(rows.into_iter().map(EventRow::recorded).collect())
    }

    async fn delivery(&self, lane: &LaneId, no: i64) -> Result<Option<Delivery>, StoreError> {
        let object = self.database.sql.dialect.object("t", DELIVERIES.read());
        let sql = format!(
            "SELECT {object} FROM deliveries t WHERE t.lane = $1 AND t.no = $2 AND t.died_at IS NULL"
        );
        let rows: Vec<DeliveryRow> = self
            .read(&sql, &[Arg::text(lane.as_str()), Arg::Int(no)])
            .await?;
        Ok(rows.into_iter().next().map(DeliveryRow::delivery))
    }

    async fn dead(&self, user: &Username, limit: usize) -> Result<Vec<DeadDelivery>, StoreError> {
        let object = self.database.sql.dialect.object("t", DELIVERIES.read());
        let sql = format!(
            "SELECT {object} FROM deliveries t WHERE t.\"user\" = $1 AND t.died_at IS NOT NULL \
             ORDER BY t.died_at DESC, t.lane, t.no DESC LIMIT $2"
        );
        let rows: Vec<DeliveryRow> = self
            .read(&sql, &[Arg::text(user.as_str()), Arg::limit(limit)])
            .await?;
        Ok(rows.into_iter().filter_map(DeliveryRow::dead).collect())
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
        self.database.engine.close().await;
    }
}
