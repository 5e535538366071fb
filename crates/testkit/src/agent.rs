//! A remote agent that does what the test says.

use crate::PATIENCE;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};

/// What an agent does with a call.
pub enum Does {
    /// Answers with this result.
    Answers(Value),
    /// Answers with this status and body.
    Says(u16, String),
    /// Does not answer.
    Hangs,
}

/// A call that came.
#[derive(Debug, Clone)]
pub struct Came {
    /// The delivery's name, if the call was signed.
    pub id: Option<String>,
    /// The body.
    pub body: Value,
}

impl Came {
    /// The method that was called.
    pub fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }
}

type Behaviour = Box<dyn Fn(&Value) -> Does + Send + Sync>;

struct Shared {
    name: String,
    behaviour: Behaviour,
    calls: watch::Sender<Vec<Came>>,
}

/// A running agent. It stops when this is dropped.
pub struct FakeAgent {
    /// Where it is.
    pub address: SocketAddr,
    state: Arc<Shared>,
    server: JoinHandle<()>,
}

impl FakeAgent {
    /// Starts an agent of this type, which does with each call what the test says.
    pub async fn start(
        name: &str,
        behaviour: impl Fn(&Value) -> Does + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::start_on(listener, name, behaviour)
    }

    /// The same at an address that is known already.
    pub fn start_on(
        listener: TcpListener,
        name: &str,
        behaviour: impl Fn(&Value) -> Does + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(Shared {
            name: name.to_owned(),
            behaviour: Box::new(behaviour),
            calls: watch::Sender::new(Vec::new()),
        });
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/", post(called))
            .with_state(Arc::clone(&state));
        let server = tokio::task::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Self {
            address,
            state,
            server,
        }
    }

    /// The name of its type.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Its address, as a setting.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The calls so far, without those that asked what it is.
    pub fn calls(&self) -> Vec<Came> {
        self.state.calls.borrow().clone()
    }

    /// The calls, once there are so many.
    pub async fn wait_for_calls(&self, count: usize) -> Vec<Came> {
        let mut calls = self.state.calls.subscribe();
        let reached = calls.wait_for(|calls| calls.len() >= count);
        timeout(PATIENCE, reached)
            .await
            .expect("so many calls come")
            .expect("the agent runs")
            .clone()
    }
}

impl Drop for FakeAgent {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn called(State(state): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if body["method"] == "register" {
        let name = &state.name;
        let result = json!({
            "name": name, "display_name": name, "description": "for tests",
            "default_options": {"made_by": "the type"},
        });
        return axum::Json(json!({"result": result})).into_response();
    }
    let does = (state.behaviour)(&body);
    let id = headers.get("webhook-id");
    let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
    state
        .calls
        .send_modify(|calls| calls.push(Came { id, body }));
    match does {
        Does::Answers(result) => axum::Json(json!({"result": result})).into_response(),
        Does::Says(status, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            (status, body).into_response()
        }
        Does::Hangs => std::future::pending().await,
    }
}
