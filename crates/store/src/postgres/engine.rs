//! `PostgreSQL` as an engine.

use super::conn::{ANSWERED_WITHIN, Reader, Writer};
use crate::{
    dialect::Dialect,
    engine::{Arg, Conn, Engine, Reading, Tx},
    fault::Fault,
    retry::pause,
};
use async_trait::async_trait;
use sqlx::PgPool;
use std::sync::Arc;
use switchboard_domain::ports::Clock;

/// The connections that write, and the clock by which is waited for them.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) writers: PgPool,
    pub(super) clock: Arc<dyn Clock>,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is durable.
    Committed,
    /// Nothing of it happened.
    Aborted,
}

/// A transaction whose client is gone ends soon; one that does not know it yet is ended.
const END: &str = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
     WHERE backend_xid = $1::text::xid8::xid AND pid <> pg_backend_pid()";
const FATE: &str = "SELECT coalesce(pg_xact_status($1::text::xid8), 'forgotten')";
/// How often is asked. With the time it takes to connect, this is some ten seconds where the
/// database stays away.
const ASKED: u32 = 10;
const REFUSED: u32 = 2;

impl Link {
    /// Asks what became of a transaction whose answer was lost. None if nobody can be asked.
    pub(super) async fn fate(&self, number: &str) -> Option<Fate> {
        let mut refused = 0;
        for tries in 1..=ASKED {
            match self.ask(number).await {
                Ok(status) if status == "committed" => return Some(Fate::Committed),
                Ok(status) if status == "aborted" => return Some(Fate::Aborted),
                Ok(status) => {
                    tracing::warn!(status, "waiting for a transaction whose answer was lost");
                }
                Err(fault) => {
                    tracing::warn!(?fault, "cannot ask what became of a transaction");
                    refused += 1;
                    if refused >= REFUSED {
                        return None;
                    }
                }
            }
            pause(tries, &*self.clock).await;
        }
        None
    }

    async fn ask(&self, number: &str) -> Result<String, Fault> {
        let mut conn = Reader::on(self.writers.acquire().await?);
        let number = [Arg::text(number)];
        let status = conn.one(FATE, &number).await?;
        if status == "in progress" {
            conn.rows(END, &number).await?;
        }
        Ok(status)
    }
}

/// An open `PostgreSQL` database.
pub(crate) struct PostgresEngine {
    pub(super) link: Link,
    pub(super) readers: PgPool,
}

#[async_trait]
impl Engine for PostgresEngine {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, Fault> {
        let conn = self.link.writers.acquire().await?;
        Ok(Box::new(Writer::begin(conn, self.link.clone()).await?))
    }

    async fn reader(&self, _: Reading) -> Result<Box<dyn Conn>, Fault> {
        Ok(Box::new(Reader::on(self.readers.acquire().await?)))
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, Fault> {
        let mut conn = Reader::on(self.link.writers.acquire().await?);
        let mut settings = Vec::new();
        for (name, sql) in [
            ("fsync", "SHOW fsync"),
            ("synchronous_commit", "SHOW synchronous_commit"),
            ("full_page_writes", "SHOW full_page_writes"),
        ] {
            settings.push((name.to_owned(), conn.one(sql, &[]).await?));
        }
        Ok(settings)
    }

    async fn close(&self) {
        // A connection that is being given back waits for an answer, which a broken network may owe.
        for pool in [&self.readers, &self.link.writers] {
            if tokio::time::timeout(ANSWERED_WITHIN, pool.close())
                .await
                .is_err()
            {
                tracing::warn!("a connection to the database could not be closed in order");
            }
        }
    }
}
