//! A whole server in this process, on a store of its own and a free port.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use switchboard::{assemble, config, listener, system::SystemRandom};
use switchboard_bus::LocalBus;
use switchboard_core::{Ports, Switchboard, identity};
use switchboard_domain::{
    nouns::Role,
    ports::{Clock, Random, Store},
};
use switchboard_doors::HttpSettings;
use switchboard_testkit::{chat::ChatClient, clock::TestClock, losing::LosingStore};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The password of all users in tests.
pub const PASSWORD: &str = "correct horse";

/// Which store a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A running server. The users `alice` and `bob` are there, and `root`, who is an administrator.
pub struct Server {
    pub app: Arc<Switchboard>,
    pub ports: Ports,
    /// Its store, whose answers a test can lose.
    pub losing: Arc<LosingStore>,
    pub client: ChatClient,
    http: HttpSettings,
    place: Place,
}

/// Where a store lies, until the test is over.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub store: String,
    _database: Option<Database>,
}

/// A database of PostgreSQL for one test.
struct Database {
    name: String,
}

/// Runs a test on both stores: `on_both_stores!(name);` for `async fn name(engine: Engine)`.
/// Without a PostgreSQL in `SWITCHBOARD_TEST_POSTGRES` its half says that it was skipped.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Engine::Sqlite).await;
            }
        )*}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if crate::support::postgres_url().is_some() {
                    super::$name(crate::support::Engine::Postgres).await;
                } else {
                    eprintln!("skipped: SWITCHBOARD_TEST_POSTGRES names no server; scripts/test starts one");
                }
            }
        )*}
    };
}
pub(crate) use on_both_stores;

/// The PostgreSQL for tests, if there is one.
pub fn postgres_url() -> Option<String> {
    std::env::var("SWITCHBOARD_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}

impl Place {
    /// A new, empty place.
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        match engine {
            Engine::Sqlite => {
                let store = format!("sqlite:{}", folder.path().join("switchboard.db").display());
                Self {
                    folder,
                    store,
                    _database: None,
                }
            }
            Engine::Postgres => {
                let server = postgres_url().unwrap();
                let name = format!(
                    "it_{}",
                    SystemRandom
                        .uuid(switchboard::system::SystemClock.now())
                        .simple()
                );
                run_sql(&format!("CREATE DATABASE {name}")).await;
                let (start, _) = server.rsplit_once('/').unwrap();
                let store = format!("{start}/{name}");
                Self {
                    folder,
                    store,
                    _database: Some(Database { name }),
                }
            }
        }
    }

    /// The same with this text as the file of settings.
    pub fn with_file(self, text: &str) -> Self {
        std::fs::write(self.folder.path().join("switchboard.toml"), text).unwrap();
        self
    }

    /// The settings with which a server runs here: no limits on how often, and these besides.
    pub fn variables(&self, more: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        let mut set = |name: &str, value: &str| {
            variables.insert(format!("SWITCHBOARD_{name}"), value.to_owned())
        };
        set("DATA", &self.folder.path().display().to_string());
        set("STORE", &self.store);
        set("LISTEN", "127.0.0.1:0");
        for limit in ["LOGIN", "VERIFY", "SESSION_CREATE", "SESSION_QUERY"] {
            set(&format!("LIMITS_{limit}_PER_MINUTE"), "0");
        }
        for limit in [
            "AGENT_OPS_PER_MINUTE",
            "WS_TEXTS_PER_MINUTE",
            "SESSIONS_PER_USER",
            "TOKENS_PER_MINUTE",
        ] {
            set(&format!("LIMITS_{limit}"), "0");
        }
        for (name, value) in more {
            if !name.starts_with("REMOTE_AGENT_URL") {
                set(name, value);
            }
        }
        let remote = more.iter().filter(|(name, _)| name.starts_with("REMOTE_"));
        variables.extend(remote.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        variables
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The test's own runtime is going down: a short one of its own drops the database.
        let dropping = std::thread::Builder::new().spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(run_sql(&sql));
        });
        dropping.map(std::thread::JoinHandle::join).unwrap().ok();
    }
}

/// Runs a statement on the store at this URL, behind the server's back.
pub async fn run_sql_at(store: &str, sql: &str) {
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
    let sql = AssertSqlSafe(sql.to_owned());
    if store.starts_with("sqlite:") {
        SqliteConnection::connect(store)
            .await
            .unwrap()
            .execute(sql)
            .await
            .unwrap();
    } else {
        PgConnection::connect(store)
            .await
            .unwrap()
            .execute(sql)
            .await
            .unwrap();
    }
}

/// Runs something until the test is over.
#[expect(clippy::disallowed_methods, reason = "the test's own runtime ends it")]
pub fn run_beside(work: impl Future<Output: Send> + Send + 'static) {
    tokio::task::spawn(work);
}

async fn run_sql(sql: &str) {
    run_sql_at(&postgres_url().unwrap(), sql).await;
}

impl Server {
    /// A server on this engine, with these settings besides (`LIMITS_SESSIONS_PER_USER`).
    pub async fn start(engine: Engine, more: &[(&str, &str)]) -> Self {
        Self::start_with(engine, more, Arc::new(switchboard::system::SystemClock)).await
    }

    /// A server with this file of settings.
    pub async fn start_with_file(engine: Engine, file: &str, more: &[(&str, &str)]) -> Self {
        let place = Place::new(engine).await.with_file(file);
        Self::start_at(place, more, Arc::new(switchboard::system::SystemClock)).await
    }

    /// A server whose clock the test moves.
    pub async fn start_with_clock(engine: Engine, more: &[(&str, &str)]) -> (Self, TestClock) {
        Self::start_with_clock_at(Place::new(engine).await, more).await
    }

    /// A server at this place, whose clock the test moves. However far it is moved at once, the node
    /// is not taken for dead.
    pub async fn start_with_clock_at(place: Place, more: &[(&str, &str)]) -> (Self, TestClock) {
        let clock = TestClock::new();
        let more: Vec<_> = [("LEASE_S", "1000000")]
            .iter()
            .chain(more)
            .copied()
            .collect();
        (
            Self::start_at(place, &more, Arc::new(clock.clone())).await,
            clock,
        )
    }

    async fn start_with(engine: Engine, more: &[(&str, &str)], clock: Arc<dyn Clock>) -> Self {
        let place = Place::new(engine).await;
        Self::start_at(place, more, clock).await
    }

    /// A server at a place that may have been used before.
    pub async fn start_at(place: Place, more: &[(&str, &str)], clock: Arc<dyn Clock>) -> Self {
        let sources = config::Sources {
            variables: place.variables(more),
            ..config::Sources::default()
        };
        let config = config::load(&sources)
            .unwrap_or_else(|problems| panic!("{problems}"))
            .config;
        let role = switchboard_store::Role::Server;
        let store = switchboard_store::open(&config.store.to_secret(), role, Arc::clone(&clock))
            .await
            .unwrap();
        let losing = LosingStore::around(store);
        let ports = Ports {
            store: Arc::clone(&losing) as Arc<dyn Store>,
            bus: Arc::new(LocalBus::default()),
            clock,
            random: Arc::new(SystemRandom),
        };
        for (name, role) in [
            ("root", Role::Admin),
            ("alice", Role::User),
            ("bob", Role::User),
        ] {
            identity::add_user(
                &ports,
                name.parse().unwrap(),
                role,
                PASSWORD.to_owned().into(),
            )
            .await
            .ok();
        }
        let (app, http) = assemble::start(config, ports.clone()).await.unwrap();
        let router = switchboard_doors::router(Arc::clone(&app), http.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = ChatClient::new(format!("http://{}", listener.local_addr().unwrap()));
        let limits = listener::Limits::of(http.connections);
        run_beside(listener::serve(listener, router, limits, app.stopping()));
        Self {
            app,
            ports,
            losing,
            client,
            http,
            place,
        }
    }

    /// A client that this user signed in.
    pub async fn login(&self, user: &str) -> ChatClient {
        self.client.login(user, PASSWORD).await
    }

    /// Where its store is.
    pub fn store(&self) -> &str {
        &self.place.store
    }

    /// The folder of its data.
    pub fn folder(&self) -> &std::path::Path {
        self.place.folder.path()
    }

    /// A client of a second door of this server, which stays open when the server goes down.
    pub async fn listen_beside(&self) -> ChatClient {
        let router = switchboard_doors::router(Arc::clone(&self.app), self.http.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = ChatClient::new(format!("http://{}", listener.local_addr().unwrap()));
        let limits = listener::Limits::of(self.http.connections);
        let never = CancellationToken::new();
        run_beside(listener::serve(listener, router, limits, never));
        client
    }

    /// Stops the server as a signal would, and gives back its place.
    pub async fn stop(self) -> Place {
        self.stop_within(Duration::from_secs(10)).await
    }

    /// Stops the server; calls that take longer than this are broken off.
    pub async fn stop_within(self, limit: Duration) -> Place {
        self.app.stop(limit).await;
        self.place
    }
}
