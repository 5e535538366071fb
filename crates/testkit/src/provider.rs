//! A provider of models that speaks like OpenAI and does what the test says.

use crate::PATIENCE;
use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};

/// What the provider does with the next request.
#[derive(Debug, Clone)]
pub enum Plan {
    /// Streams these pieces, then the usage, then the end.
    Answer(Vec<String>),
    /// Streams these pieces and breaks off without an end.
    Cut(Vec<String>),
    /// Streams these pieces and then nothing, for ever.
    Hang(Vec<String>),
    /// Waits until the test lets one answer go, then is an [`Plan::Answer`].
    Held(Vec<String>),
    /// Streams these pieces, and ends once the test lets the answer go.
    HeldEnd(Vec<String>),
    /// Fails with this status.
    Fail(u16),
}

impl Plan {
    /// Answers with this in one piece.
    pub fn answer(text: &str) -> Self {
        Self::Answer(vec![text.to_owned()])
    }

    /// Answers with this in one piece, once the test lets it go.
    pub fn held(text: &str) -> Self {
        Self::Held(vec![text.to_owned()])
    }
}

/// A running provider. It stops when this is dropped.
pub struct FakeProvider {
    /// Where it is.
    pub address: SocketAddr,
    state: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    plans: Mutex<VecDeque<Plan>>,
    requests: watch::Sender<Vec<Value>>,
    let_go: Semaphore,
    gone: Notify,
}

impl Shared {
    /// Waits until the test lets one answer go.
    async fn wait(&self) {
        if let Ok(permit) = self.let_go.acquire().await {
            permit.forget();
        }
    }
}

impl FakeProvider {
    /// Starts a provider that follows these plans, one for each request; the last one over and over.
    pub async fn start(plans: Vec<Plan>) -> Self {
        let state = Arc::new(Shared {
            plans: Mutex::new(plans.into()),
            requests: watch::Sender::new(Vec::new()),
            let_go: Semaphore::new(0),
            gone: Notify::new(),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::task::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Self {
            address,
            state,
            server,
        }
    }

    /// The base URL for a configuration.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Value> {
        self.state.requests.borrow().clone()
    }

    /// Resolves with the requests so far when there are this many.
    pub async fn asked(&self, times: usize) -> Vec<Value> {
        let mut requests = self.state.requests.subscribe();
        let enough = requests.wait_for(|requests| requests.len() >= times);
        timeout(PATIENCE, enough)
            .await
            .expect("the provider is asked")
            .expect("it runs")
            .clone()
    }

    /// Lets one held answer go.
    pub fn let_go(&self) {
        self.state.let_go.add_permits(1);
    }

    /// Resolves when a client went away from a request that hangs.
    pub async fn client_gone(&self) {
        timeout(PATIENCE, self.state.gone.notified())
            .await
            .expect("the client goes away");
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Tells when the client went away: the stream that holds it is dropped.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.gone.notify_one();
    }
}

async fn complete(State(state): State<Arc<Shared>>, Json(request): Json<Value>) -> Response {
    state
        .requests
        .send_modify(|requests| requests.push(request));
    let plan = {
        let mut plans = state.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() > 1 {
            plans.pop_front()
        } else {
            plans.front().cloned()
        }
    };
    match plan.unwrap_or(Plan::Fail(500)) {
        Plan::Fail(status) => {
            let error = json!({"error": {"message": "as planned", "type": "error"}});
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(error)).into_response()
        }
        Plan::Answer(pieces) => whole(&pieces),
        Plan::Held(pieces) => {
            state.wait().await;
            whole(&pieces)
        }
        Plan::HeldEnd(pieces) => {
            let end = stream::once(async move {
                state.wait().await;
                Ok(the_end().concat())
            });
            body(stream::iter(pieces.into_iter().map(|piece| Ok(chunk(&piece)))).chain(end))
        }
        Plan::Cut(pieces) => {
            let broken = Err(std::io::Error::other("cut off"));
            events(
                pieces
                    .iter()
                    .map(|piece| Ok(chunk(piece)))
                    .chain([broken])
                    .collect(),
                None,
            )
        }
        Plan::Hang(pieces) => events(
            pieces.iter().map(|piece| Ok(chunk(piece))).collect(),
            Some(Gone(state)),
        ),
    }
}

fn whole(pieces: &[String]) -> Response {
    events(
        pieces
            .iter()
            .map(|piece| chunk(piece))
            .chain(the_end())
            .map(Ok)
            .collect(),
        None,
    )
}

fn events(chunks: Vec<Result<String, std::io::Error>>, hang: Option<Gone>) -> Response {
    let chunks = stream::iter(chunks);
    match hang {
        None => body(chunks),
        Some(gone) => body(chunks.chain(stream::pending()).map(move |chunk| {
            let _held = &gone;
            chunk
        })),
    }
}

fn body(chunks: impl Stream<Item = Result<String, std::io::Error>> + Send + 'static) -> Response {
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        Body::from_stream(chunks),
    )
        .into_response()
}

fn chunk(piece: &str) -> String {
    let delta = json!({"index": 0, "delta": {"content": piece}, "finish_reason": null});
    event(&json!({"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": [delta]}))
}

fn the_end() -> [String; 2] {
    let stop = json!({"index": 0, "delta": {}, "finish_reason": "stop"});
    let usage = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
    let last = json!({"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": [stop], "usage": usage});
    [event(&last), "data: [DONE]\n\n".to_owned()]
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}
