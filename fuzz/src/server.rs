//! A whole server in this thread: its doors and its loops, on a store in memory, without a network.

use axum::Router;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{cell::RefCell, sync::Arc, time::Duration};
use switchboard_bus::LocalBus;
use switchboard_core::{Limits, Ports, Settings, Switchboard};
use switchboard_domain::{
    nouns::{Hidden, Role, Secret, User},
    ports::{Clock, Random, Vault, Write, find},
};
use switchboard_doors::{Figures, HttpSettings, Metrics, MetricsFor, router};
use switchboard_store::{AeadVault, MasterKey};
use switchboard_testkit::{clock::TestClock, random::TestRandom};
use tokio::runtime::{Builder, Runtime};

/// After so many inputs a new server takes over, so that memory does not grow.
const INPUTS: usize = 500;
/// How long a request may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// The only user.
pub const USER: &str = "alice";
/// The largest message over a WebSocket, in bytes: small enough to be reached.
pub const FRAME_BYTES: usize = 2048;
/// The largest body, in bytes.
pub const BODY_BYTES: usize = 4096;
/// The page that may call the server from a browser.
pub const ORIGIN: &str = "http://localhost:5173";

/// What it tells of itself, to programs on its machine.
pub const FIGURES: &str = "figures";

/// A server, its only user signed in.
pub struct Server {
    runtime: Runtime,
    pub router: Router,
    pub clock: Arc<dyn Clock>,
    /// The key under which it signs tokens.
    key: Vec<u8>,
    /// A good token.
    pub token: String,
    inputs: usize,
}

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

/// Does something with this thread's server.
pub fn with<T>(work: impl FnOnce(&Server) -> T) -> T {
    SERVER.with_borrow_mut(|place| {
        if place.as_ref().is_some_and(|server| server.inputs >= INPUTS) {
            *place = None;
        }
        let server = place.get_or_insert_with(Server::start);
        server.inputs += 1;
        work(server)
    })
}

impl Server {
    fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
        let random: Arc<dyn Random> = Arc::new(TestRandom::seeded(1));
        let ports = Ports {
            store: switchboard_store::memory(Arc::clone(&clock)),
            bus: Arc::new(LocalBus::default()),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
        };
        let vault: Arc<dyn Vault> = Arc::new(AeadVault::new(MasterKey::new([7; 32]), random));
        let (app, key) = runtime.block_on(async {
            let runtimes = switchboard_outbound::runtimes(Vec::new(), &clock).unwrap();
            let app = Switchboard::start(ports.clone(), Arc::clone(&vault), runtimes, limits());
            let app = app.await.unwrap();
            let write = Write::new().put(user(&*clock));
            ports.store.commit(write).await.unwrap();
            let name = "jwt-signing-key";
            let sealed: Secret = find(&*ports.store, name).await.unwrap().unwrap();
            let key = vault.open(name, sealed.sealed.reveal()).unwrap();
            (app, key.expose_secret().to_vec())
        });
        let mut server = Self {
            runtime,
            router: router(app, http()),
            clock,
            key,
            token: String::new(),
            inputs: 0,
        };
        server.token = server.sign(&server.claims());
        server
    }

    /// Does what takes time, and fails when it takes too long.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let work = async { tokio::time::timeout(PATIENCE, work).await };
        self.runtime.block_on(work).expect("it hangs")
    }

    /// What a good token says.
    pub fn claims(&self) -> Value {
        let now = self.clock.now();
        json!({
            "sub": USER, "type": "access", "jti": format!("jwt_{:032x}", 7), "generation": now.as_micros(),
            "iat": now.as_seconds(), "exp": now.as_seconds() + 1800,
        })
    }

    /// A token that says this, signed as the server does.
    pub fn sign(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(&self.key);
        encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    }
}

fn user(clock: &dyn Clock) -> User {
    User {
        id: USER.parse().unwrap(),
        role: Role::User,
        password_hash: Hidden::new("nobody signs in by it"),
        created_at: clock.now(),
        tokens_from: clock.now(),
        disabled_at: None,
    }
}

/// No limits, but on logins: each would spend a good part of a second on the password.
fn limits() -> Settings {
    Settings {
        limits: Limits {
            login_per_minute: 1,
            verify_per_minute: 0,
            session_create_per_minute: 0,
            session_query_per_minute: 0,
            agent_ops_per_minute: 0,
            ws_texts_per_minute: 0,
            sessions_per_user: 0,
            tokens_per_minute: 0,
            session_lifetime_s: 0,
            messages_per_session: 0,
            ..Limits::default()
        },
        ..Settings::default()
    }
}

fn http() -> HttpSettings {
    HttpSettings {
        public_url: None,
        allowed_origins: vec![ORIGIN.to_owned()],
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        body_bytes: BODY_BYTES,
        frame_bytes: FRAME_BYTES,
        connections: 16,
        anonymous_user: None,
        slow: None,
        metrics: Metrics {
            open_to: MetricsFor::ThisMachine,
            figures: Figures::new(|| FIGURES.to_owned()),
        },
    }
}
