//! The doors: HTTP and WebSocket, one folder a protocol, and the [`kit`] that they share.
//!
//! A door has no rules of its own. It reads a request, calls one use case of the core, and writes
//! the answer. [`router`](mod@router) lists every route and who may call it.

mod accounts;
mod actions;
mod chat;
mod kit;
mod metrics;
mod ops;
mod page;
pub mod router;
mod tasks;
mod workflows;

use axum::extract::FromRef;
use ipnet::IpNet;
use std::{fmt, sync::Arc, time::Duration};
use switchboard_core::Switchboard;
use switchboard_domain::ids::Username;
use tokio::sync::{Mutex, Semaphore};

pub use self::metrics::describe as describe_metrics;
pub use kit::capabilities;
pub use router::{Access, ROUTES, Route, openapi, router};

/// How the server appears on the web.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Where clients reach the server, if not where it listens.
    pub public_url: Option<String>,
    /// The pages that may call the server from a browser: scheme, host and port.
    pub allowed_origins: Vec<String>,
    /// The proxies whose word on a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// The most bytes in the body of a request; 0 for no limit.
    pub body_bytes: usize,
    /// The most bytes in a message of a WebSocket.
    pub frame_bytes: usize,
    /// How many WebSockets may be open at once.
    pub connections: usize,
    /// How long a request may take before the log warns of it; none for any time.
    pub slow: Option<Duration>,
    /// Who they act as that come to the Agent Protocol from this machine without a token; none to
    /// let nobody in.
    pub anonymous_user: Option<Username>,
    /// What is told about the server itself.
    pub metrics: Metrics,
}

/// What is told about the server itself, and to whom.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Who may ask.
    pub open_to: MetricsFor,
    /// What they are told.
    pub figures: Figures,
}

/// Who may ask for the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsFor {
    /// Nobody: there are none.
    Nobody,
    /// Programs on the server's own machine.
    ThisMachine,
    /// Anyone who can reach the server.
    Anyone,
}

/// Writes down the figures that everybody tells, in the form of Prometheus.
#[derive(Clone)]
pub struct Figures(Arc<dyn Fn() -> String + Send + Sync>);

impl Figures {
    /// Those that this gives.
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// The figures of this moment.
    pub fn render(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Figures")
    }
}

/// What every handler can have.
#[derive(Clone)]
pub struct AppState {
    /// The use cases.
    pub app: Arc<Switchboard>,
    /// How the server appears on the web.
    pub http: Arc<HttpSettings>,
    /// The places for WebSockets that are left.
    pub connections: Arc<Semaphore>,
    /// Held by who asks for the figures.
    pub scraping: Arc<Mutex<()>>,
}

impl FromRef<AppState> for Arc<Switchboard> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.app)
    }
}

impl FromRef<AppState> for Arc<HttpSettings> {
    fn from_ref(state: &AppState) -> Self {
        Arc::clone(&state.http)
    }
}
