//! Claiming lanes, and the lives in whose name they are claimed.

use crate::{
    batch,
    database::{Database, integer},
    engine::{Arg, Conn},
    fault::Fault,
    retry::Retries,
    rows::{self, DeliveryRow},
};
use serde_json::json;
use std::{collections::HashMap, time::Duration};
use switchboard_domain::{
    Timestamp,
    ids::{LaneId, LifeId},
    nouns::{Claimed, Lane},
    ports::{Claims, Key, Kind},
};

const BEAT: &str = "INSERT INTO lives (id, until_at) VALUES ($1, $2) \
     ON CONFLICT (id) DO UPDATE SET until_at = excluded.until_at";
const FORGET: &str = "DELETE FROM lives WHERE until_at < $1";
const RETIRE: &str = "DELETE FROM lives WHERE id = $1";
/// A life without a row holds nothing, so rows of lives that ended long ago may go.
const FORGET_AFTER_S: i64 = 24 * 60 * 60;

impl Database {
    /// Claims the heads of lanes that are ready.
    pub(crate) async fn claim(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, Fault> {
        let mut retries = Retries::default();
        loop {
            match self.claim_once(life, now, limit).await {
                Ok(claims) => return Ok(claims),
                Err(fault) => retries.again(fault, &*self.clock).await?,
            }
        }
    }

    async fn claim_once(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, Fault> {
        let mut cache = self.cache().await;
        let mut tx = self.begin(cache.as_deref_mut()).await?;
        let shared_now = self.shared_now(&mut *tx).await?;
        let times = [
            Arg::Int(now.as_micros()),
            Arg::Int(shared_now.as_micros()),
            Arg::limit(limit),
            Arg::text(life.as_str()),
        ];
        let mut lanes = Vec::new();
        for row in tx.rows(&self.sql.claimable, &times).await? {
            lanes.push(serde_json::from_str::<Lane>(&row)?);
        }
        let mut heads = self.heads(&mut *tx, &lanes).await?;
        let claimed: Vec<Claimed> = lanes
            .iter_mut()
            .filter_map(|lane| Some(batch::claimed(lane, life.clone(), heads.remove(&lane.id)?)))
            .collect();
        let claimed_rows: Vec<_> = lanes.iter().map(rows::of_lane).collect();
        let update = &self.sql.of(Kind::Lane).update;
        if !claimed_rows.is_empty() {
            tx.store(update, &claimed_rows).await?;
        }
        let next_at = integer(&tx.rows(&self.sql.next_ready, &times[..1]).await?)?;
        if let Some(cache) = &mut cache {
            for lane in &lanes {
                cache.forget(&Key::of::<Lane>(lane.id.as_str()));
            }
        }
        tx.commit().await?;
        Ok(Claims {
            claimed,
            next_at: next_at.map(Timestamp::from_micros),
        })
    }

    async fn heads(
        &self,
        conn: &mut dyn Conn,
        lanes: &[Lane],
    ) -> Result<HashMap<LaneId, DeliveryRow>, Fault> {
        let spans = lanes
            .iter()
            .map(|lane| json!({"lane": lane.id, "low": lane.head_no, "high": lane.head_no}));
        let mut heads = HashMap::new();
        for array in rows::arrays(spans)? {
            for row in conn.rows(&self.sql.heads, &[Arg::Text(array)]).await? {
                let row: DeliveryRow = serde_json::from_str(&row)?;
                heads.insert(row.lane.clone(), row);
            }
        }
        Ok(heads)
    }

    /// Keeps a life going.
    pub(crate) async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), Fault> {
        let mut retries = Retries::default();
        loop {
            match self.beat_once(life, ttl).await {
                Ok(()) => return Ok(()),
                Err(fault) => retries.again(fault, &*self.clock).await?,
            }
        }
    }

    async fn beat_once(&self, life: &LifeId, ttl: Duration) -> Result<(), Fault> {
        let mut tx = self.engine.begin().await?;
        let now = self.shared_now(&mut *tx).await?;
        let until = now.plus_micros(i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX));
        tx.run(
            BEAT,
            &[Arg::text(life.as_str()), Arg::Int(until.as_micros())],
        )
        .await?;
        tx.run(
            FORGET,
            &[Arg::Int(now.plus_seconds(-FORGET_AFTER_S).as_micros())],
        )
        .await?;
        tx.commit().await
    }

    /// Ends a life.
    pub(crate) async fn retire(&self, life: &LifeId) -> Result<(), Fault> {
        let mut retries = Retries::default();
        loop {
            match self.retire_once(life).await {
                Ok(()) => return Ok(()),
                Err(fault) => retries.again(fault, &*self.clock).await?,
            }
        }
    }

    async fn retire_once(&self, life: &LifeId) -> Result<(), Fault> {
        let mut tx = self.engine.begin().await?;
        tx.run(RETIRE, &[Arg::text(life.as_str())]).await?;
        tx.commit().await
    }
}
