//! The doors: HTTP and WebSocket, one folder a protocol, and the [`kit`] that they share.
//!
//! A door has no rules of its own. It reads a request, calls one use case of the core, and writes
//! the answer. [`router`](mod@router) lists every route and who may call it.

mod chat;
mod kit;
mod ops;
mod page;
pub mod router;

use axum::extract::FromRef;
use ipnet::IpNet;
use std::sync::Arc;
use switchboard_core::Switchboard;
use tokio::sync::Semaphore;

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
