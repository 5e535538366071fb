//! An engine that fails where a test says.

use crate::{
    dialect::Dialect,
    engine::{Arg, Conn, Engine, Reading, Row, Tx},
    fault::Fault,
    sql::Bulk,
};
use async_trait::async_trait;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The process dies: this operation and all after it fail; a commit does not happen.
    Crash,
    /// The process dies right after a commit happened, before anybody learnt of it.
    CrashAfterCommit,
    /// The transaction lost against another; once.
    Conflict,
    /// The connection broke off before the commit; once.
    Away,
    /// The database refuses it; once.
    Bad,
}

/// Where the engine fails, and how.
#[derive(Debug)]
pub(super) struct Plan {
    failure: Failure,
    at: usize,
    done: AtomicUsize,
}

impl Plan {
    /// Fails at the `at`th operation, from 0.
    pub(super) fn new(failure: Failure, at: usize) -> Arc<Self> {
        Arc::new(Self {
            failure,
            at,
            done: AtomicUsize::new(0),
        })
    }

    /// Whether it came to the failure.
    pub(super) fn has_failed(&self) -> bool {
        self.done.load(Ordering::SeqCst) > self.at
    }

    /// Counts an operation, and tells how it fails. The second is whether it happens all the same.
    fn next(&self, is_commit: bool) -> Result<(), (Fault, bool)> {
        let n = self.done.fetch_add(1, Ordering::SeqCst);
        let text = || format!("injected at {n}");
        match self.failure {
            Failure::Crash if n >= self.at => Err((Fault::Bad(text()), false)),
            Failure::CrashAfterCommit if n >= self.at => {
                Err((Fault::Bad(text()), is_commit && n == self.at))
            }
            Failure::Conflict if n == self.at => Err((Fault::Conflict(text()), false)),
            Failure::Away if n == self.at => Err((Fault::Away(text()), false)),
            Failure::Bad if n == self.at => Err((Fault::Bad(text()), false)),
            _ => Ok(()),
        }
    }

    fn step(&self) -> Result<(), Fault> {
        self.next(false).map_err(|(fault, _)| fault)
    }
}

/// An engine that follows a plan. Reading from outside of transactions does not count.
pub(super) struct Faulty {
    pub(super) engine: Box<dyn Engine>,
    pub(super) plan: Arc<Plan>,
}

struct FaultyTx {
    tx: Box<dyn Tx>,
    plan: Arc<Plan>,
}

#[async_trait]
impl Conn for FaultyTx {
    async fn rows(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<String>, Fault> {
        self.plan.step()?;
        self.tx.rows(sql, args).await
    }

    async fn run(&mut self, sql: &str, args: &[Arg]) -> Result<u64, Fault> {
        self.plan.step()?;
        self.tx.run(sql, args).await
    }

    async fn store(&mut self, sql: &Bulk, rows: &[Row]) -> Result<(), Fault> {
        self.plan.step()?;
        self.tx.store(sql, rows).await
    }
}

#[async_trait]
impl Tx for FaultyTx {
    async fn version(&mut self) -> Result<Option<i64>, Fault> {
        self.tx.version().await
    }

    async fn commit(self: Box<Self>) -> Result<(), Fault> {
        match self.plan.next(true) {
            Ok(()) => self.tx.commit().await,
            Err((fault, happens)) => {
                if happens {
                    self.tx.commit().await?;
                }
                Err(fault)
            }
        }
    }
}

#[async_trait]
impl Engine for Faulty {
    fn dialect(&self) -> Dialect {
        self.engine.dialect()
    }

    fn keeps_thread(&self) -> bool {
        self.engine.keeps_thread()
    }

    async fn begin(&self) -> Result<Box<dyn Tx>, Fault> {
        self.plan.step()?;
        let tx = self.engine.begin().await?;
        Ok(Box::new(FaultyTx {
            tx,
            plan: self.plan.clone(),
        }))
    }

    async fn reader(&self, what: Reading) -> Result<Box<dyn Conn>, Fault> {
        self.engine.reader(what).await
    }

    async fn durability(&self) -> Result<Vec<(String, String)>, Fault> {
        self.engine.durability().await
    }

    async fn close(&self) {
        self.engine.close().await;
    }
}
