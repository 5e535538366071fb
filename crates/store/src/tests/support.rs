//! Stores for the tests.

use crate::{Role, open};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, PgConnection, query};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use switchboard_domain::{
    Timestamp,
    ports::{Clock, Store},
};
use tempfile::TempDir;

/// A clock that goes on by itself: a microsecond each time somebody looks. A sleeper waits for a
/// millisecond of real time and moves the clock to its deadline.
#[derive(Debug)]
pub(super) struct Ticking(AtomicI64);

impl Ticking {
    /// A clock that begins at some time.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_767_225_600_000_000)))
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'static, ()> {
        self.0.fetch_max(deadline.as_micros(), Ordering::Relaxed);
        Box::pin(tokio::time::sleep(Duration::from_millis(1)))
    }
}

/// The URL of the database file in this folder.
pub(super) fn sqlite_url(folder: &TempDir) -> SecretString {
    format!("sqlite:{}", folder.path().join("switchboard.db").display()).into()
}

/// An empty `SQLite` store, and the folder that it lies in.
pub(super) async fn sqlite() -> (Arc<dyn Store>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&sqlite_url(&folder), Role::Server, Ticking::new())
        .await
        .unwrap();
    (store, folder)
}

/// A `PostgreSQL` database of its own for one test.
pub(super) struct PostgresDatabase {
    server: String,
    name: String,
}

static DATABASES: AtomicU64 = AtomicU64::new(0);

impl PostgresDatabase {
    /// Makes one on the server that `SWITCHBOARD_TEST_POSTGRES` names; none if it names none.
    pub(super) async fn create() -> Option<Self> {
        let Ok(server) = std::env::var("SWITCHBOARD_TEST_POSTGRES") else {
            eprintln!("skipped: SWITCHBOARD_TEST_POSTGRES names no PostgreSQL server");
            return None;
        };
        let count = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("t_{}_{count}", std::process::id());
        let database = Self { server, name };
        database
            .admin(&format!("CREATE DATABASE {}", database.name))
            .await;
        Some(database)
    }

    async fn admin(&self, sql: &str) {
        let mut conn = PgConnection::connect(&self.server).await.unwrap();
        query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// Its URL.
    pub(super) fn url(&self) -> SecretString {
        let (server, _) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name).into()
    }

    /// Opens it.
    pub(super) async fn open(&self) -> Arc<dyn Store> {
        open(&self.url(), Role::Server, Ticking::new())
            .await
            .unwrap()
    }

    /// Removes all rows, so that it can be used again.
    pub(super) async fn empty(&self) {
        let tables = "users, sessions, agents, lanes, meters, streams, events, deliveries, lives";
        let mut conn = PgConnection::connect(self.url().expose_secret())
            .await
            .unwrap();
        query(AssertSqlSafe(format!("TRUNCATE {tables}")))
            .execute(&mut conn)
            .await
            .unwrap();
        conn.close().await.unwrap();
    }

    /// Removes it.
    pub(super) async fn drop(self) {
        self.admin(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await;
    }
}
