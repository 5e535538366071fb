//! A server that answers every request with one recorded stream.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use futures::{Stream, StreamExt, stream};
use secrecy::SecretString;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use switchboard_outbound::{ModelRuntime, ProviderConfig, ProviderKind};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// The key that every provider here is configured with.
pub const KEY: &str = "sk-test-0123456789";

/// How a recorded stream ends.
#[derive(Clone, Copy, PartialEq)]
pub enum Ending {
    /// As it should.
    Complete,
    /// The connection breaks.
    Cut,
    /// Nothing more comes, and the connection stays.
    Silent,
}

/// What the server plays.
#[derive(Clone)]
pub struct Recording {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub pieces: Vec<Bytes>,
    pub ending: Ending,
    pub wait: Duration,
}

impl Recording {
    /// A text, in pieces that split lines and characters.
    pub fn of(text: &str) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream")],
            pieces: text
                .as_bytes()
                .chunks(7)
                .map(Bytes::copy_from_slice)
                .collect(),
            ending: Ending::Complete,
            wait: Duration::ZERO,
        }
    }

    /// A recorded stream.
    pub fn file(name: &str) -> Self {
        Self::of(&text_of(name))
    }

    /// The recorded stream up to the first occurrence of this, and then that ending.
    pub fn until(name: &str, mark: &str, ending: Ending) -> Self {
        let text = text_of(name);
        let at = text.find(mark).expect("the mark occurs");
        Self {
            ending,
            ..Self::of(&text[..at])
        }
    }

    /// An answer that is no stream.
    pub fn error(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json")],
            ..Self::of(body)
        }
    }
}

/// The text of a recorded stream.
pub fn text_of(name: &str) -> String {
    let path = format!("{}/tests/streams/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the recording is there")
}

/// A request that came.
#[derive(Clone)]
pub struct Seen {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

/// The running server.
pub struct Fake {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// Told when the answer's body is no longer wanted or was sent.
    pub closed: Arc<Notify>,
}

#[derive(Clone)]
struct Playing {
    recording: Recording,
    seen: Arc<Mutex<Vec<Seen>>>,
    closed: Arc<Notify>,
}

impl Fake {
    /// Plays this on a free port.
    pub async fn start(recording: Recording) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let (seen, closed) = (Arc::default(), Arc::default());
        let playing = Playing {
            recording,
            seen: Arc::clone(&seen),
            closed: Arc::clone(&closed),
        };
        let app = Router::new().fallback(play).with_state(playing);
        // It ends with the test's runtime.
        TaskTracker::new().spawn(async move { axum::serve(listener, app).await });
        Self { url, seen, closed }
    }

    /// The requests that came.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no test panicked here").clone()
    }

    /// A provider of this kind that is this server.
    pub fn provider(&self, kind: ProviderKind) -> ModelRuntime {
        ModelRuntime::new(config(kind, &self.url)).expect("settings that work")
    }
}

/// Settings for a provider at this address.
pub fn config(kind: ProviderKind, url: &str) -> ProviderConfig {
    ProviderConfig {
        id: "one".into(),
        name: "One".into(),
        kind,
        base_url: Some(url.into()),
        api_key: Some(SecretString::from(KEY)),
        models: vec!["m1".into()],
        default_model: None,
    }
}

async fn play(State(playing): State<Playing>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    playing
        .seen
        .lock()
        .expect("no test panicked here")
        .push(Seen {
            path: head.uri.to_string(),
            headers: head.headers,
            body: serde_json::from_slice(&body).expect("a JSON body"),
        });
    let Playing {
        recording, closed, ..
    } = playing;
    tokio::time::sleep(recording.wait).await;
    let mut response = Response::builder().status(StatusCode::from_u16(recording.status).unwrap());
    for (name, value) in &recording.headers {
        response = response.header(*name, *value);
    }
    response
        .body(Body::from_stream(pieces(recording, closed)))
        .expect("a response")
}

fn pieces(
    recording: Recording,
    closed: Arc<Notify>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let guard = Told(closed);
    let ending = recording.ending;
    let end = stream::once(async move {
        // So that what was sent so far arrives before the connection breaks.
        tokio::time::sleep(Duration::from_millis(20)).await;
        if ending == Ending::Silent {
            std::future::pending::<()>().await;
        }
        (ending == Ending::Cut).then(|| Err(std::io::Error::other("cut")))
    });
    stream::iter(recording.pieces)
        .map(Ok)
        .chain(end.filter_map(std::future::ready))
        .map(move |piece| {
            let _held = &guard;
            piece
        })
}

struct Told(Arc<Notify>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
