//! An engine with its statements: transactions that are tried again, and reads.

use crate::{
    batch::{self, Admitted, Wants},
    cache::Cache,
    dialect::Dialect,
    engine::{Arg, Conn, Engine, Reading, Tx},
    fault::Fault,
    retry::Retries,
    settle,
    sql::Sql,
};
use std::sync::Arc;
use switchboard_domain::{
    Timestamp,
    ports::{Clock, Receipt, Refusal},
};
use tokio::sync::{Mutex, MutexGuard};

/// What became of the writes of a batch that was committed.
pub(crate) type Outcomes = Vec<Result<Receipt, Refusal>>;

/// A database that is open.
pub(crate) struct Database {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) sql: Sql,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where one connection writes.
    cache: Option<Mutex<Cache>>,
}

impl Database {
    /// This engine, with the statements in its language.
    pub(crate) fn new(engine: Box<dyn Engine>, clock: Arc<dyn Clock>) -> Self {
        let sql = Sql::new(engine.dialect());
        let one_writer = sql.dialect == Dialect::Sqlite;
        Self {
            engine,
            sql,
            clock,
            cache: one_writer.then(Mutex::default),
        }
    }

    /// Stores writes in one transaction.
    pub(crate) async fn store(&self, writes: &[Admitted]) -> Result<Outcomes, Fault> {
        let mut retries = Retries::default();
        loop {
            match self.store_once(writes).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(fault) => retries.again(fault, &*self.clock).await?,
            }
        }
    }

    async fn store_once(&self, writes: &[Admitted]) -> Result<Outcomes, Fault> {
        let mut cache = self.cache().await;
        let mut tx = self.begin(cache.as_deref_mut()).await?;
        let (wants, now) = (Wants::of(writes), self.clock.now());
        let mut set = batch::load(&mut *tx, &self.sql, wants, now, cache.as_deref_mut()).await?;
        let outcomes = writes
            .iter()
            .map(|write| batch::apply(&mut set, write))
            .collect();
        batch::flush(&mut *tx, &self.sql, &set).await?;
        let fresh = match &cache {
            Some(cache) => Some(settle::if_many(&mut *tx, cache.fresh, set.appended.len()).await?),
            None => None,
        };
        tx.commit().await?;
        if let Some(cache) = &mut cache {
            cache.fresh = fresh;
            for (key, slot) in set.records.into_iter().filter(|(_, slot)| slot.is_news) {
                cache.put(key, slot.value);
            }
        }
        Ok(outcomes)
    }

    /// Begins a transaction that may write. Where there is a cache, its lock is held until the
    /// transaction is over.
    pub(crate) async fn begin(&self, cache: Option<&mut Cache>) -> Result<Box<dyn Tx>, Fault> {
        let mut tx = self.engine.begin().await?;
        if let Some(cache) = cache
            && let Some(version) = tx.version().await?
        {
            cache.enter(version);
        }
        Ok(tx)
    }

    /// What is known of the database, for a transaction that may write.
    pub(crate) async fn cache(&self) -> Option<MutexGuard<'_, Cache>> {
        match &self.cache {
            Some(cache) => Some(cache.lock().await),
            None => None,
        }
    }

    /// Reads rows.
    pub(crate) async fn read(&self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        self.read_as(Reading::Many, sql, args).await
    }

    /// Reads the row that has a key.
    pub(crate) async fn read_one(&self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        self.read_as(Reading::One, sql, args).await
    }

    async fn read_as(&self, what: Reading, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        let mut retries = Retries::default();
        loop {
            match self.read_once(what, sql, args).await {
                Ok(rows) => return Ok(rows),
                Err(fault) => retries.again(fault, &*self.clock).await?,
            }
        }
    }

    async fn read_once(
        &self,
        what: Reading,
        sql: &str,
        args: &[Arg],
    ) -> Result<Vec<String>, Fault> {
        self.engine.reader(what).await?.rows(sql, args).await
    }

    /// The time by which lives are counted: the database's, where nodes share it.
    pub(crate) async fn shared_now(&self, conn: &mut dyn Conn) -> Result<Timestamp, Fault> {
        let Some(sql) = self.sql.dialect.clock() else {
            return Ok(self.clock.now());
        };
        integer(&conn.rows(sql, &[]).await?)?
            .map(Timestamp::from_micros)
            .ok_or_else(|| Fault::bad("the database does not tell the time"))
    }
}

/// The integer in the first row, if there is a row.
pub(crate) fn integer(rows: &[String]) -> Result<Option<i64>, Fault> {
    rows.first()
        .map(|row| row.parse().map_err(Fault::bad))
        .transpose()
}
