//! Fresh events, and how they come to where they belong.
//!
//! Where one connection writes, an event is first appended to `fresh_events`, beside those of all other
//! streams: one page takes many. In the tree of all events each lies at the end of its own stream, so
//! they are moved there many at a time, and those of a stream share the pages that change.

use crate::{
    database::{Database, integer},
    engine::Tx,
    fault::Fault,
};

/// How many events are fresh at most. Who reads looks through them one by one. Few in tests, so that all
/// of them meet events of both kinds.
const MANY: usize = if cfg!(test) { 7 } else { 2000 };
/// How long nobody writes before what is fresh is moved, in microseconds.
pub(crate) const QUIET_US: i64 = 500_000;

const COUNT: &str = "SELECT CAST(count(*) AS TEXT) FROM fresh_events";
const MOVE: &str = "INSERT INTO settled_events (stream, no, at, dedup, body) \
     SELECT stream, no, at, dedup, body FROM fresh_events ORDER BY stream, no";
const CLEAR: &str = "DELETE FROM fresh_events";

/// Moves the fresh events if there are many, in this transaction, which appended some. Tells how many
/// are fresh after it.
pub(crate) async fn if_many(
    tx: &mut dyn Tx,
    known: Option<usize>,
    appended: usize,
) -> Result<usize, Fault> {
    let fresh = match known {
        Some(known) => known + appended,
        None => count(tx).await?,
    };
    if fresh < MANY {
        return Ok(fresh);
    }
    settle(tx).await?;
    Ok(0)
}

async fn count(tx: &mut dyn Tx) -> Result<usize, Fault> {
    let count = integer(&tx.rows(COUNT, &[]).await?)?.unwrap_or(0);
    Ok(usize::try_from(count).unwrap_or(0))
}

async fn settle(tx: &mut dyn Tx) -> Result<(), Fault> {
    tx.run(MOVE, &[]).await?;
    tx.run(CLEAR, &[]).await?;
    Ok(())
}

impl Database {
    /// Whether this server knows of fresh events.
    pub(crate) async fn has_fresh(&self) -> bool {
        let cache = self.cache().await;
        cache.is_some_and(|cache| cache.fresh.is_some_and(|fresh| fresh > 0))
    }

    /// Moves the fresh events, however few.
    pub(crate) async fn settle(&self) -> Result<(), Fault> {
        let Some(mut cache) = self.cache().await else {
            return Ok(());
        };
        let mut tx = self.begin(Some(&mut cache)).await?;
        settle(&mut *tx).await?;
        tx.commit().await?;
        cache.fresh = Some(0);
        Ok(())
    }
}
