//! Remote agents that do the least that they can: each counts in its memory and sends on what it got.
//! They note how long it takes from an answer to the next call.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    routing::{get, post},
    serve::ListenerExt as _,
};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};

use crate::{failure::Failure, latency::Latencies};

/// The type of these agents.
pub const TYPE: &str = "HopAgent";
/// The type of an agent that takes [`SLOW_S`] for an answer.
pub const SLOW_TYPE: &str = "SlowAgent";
/// The type of an agent that is there until its process is stopped.
pub const DOOMED_TYPE: &str = "DoomedAgent";
/// How long a slow agent takes, in seconds.
const SLOW_S: u64 = 5;
/// An answer that says nothing.
const NOTHING: &str = r#"{"result":{"memory":{},"messages":[],"logs":[],"errors":[]}}"#;

/// What an agent says that it is.
fn registration(name: &str) -> String {
    format!(
        r#"{{"result":{{"name":"{name}","display_name":"{name}","description":"For measurements","default_options":{{}}}}}}"#
    )
}

/// What the agents saw.
#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    /// When the last answer went out, and how long it took until the next call came.
    gaps: Mutex<(Option<Instant>, Vec<Duration>)>,
    /// The body of the last call.
    last: Mutex<Bytes>,
}

type Shared = State<Arc<Seen>>;

/// Serves for ever, and says on the first line of its output where.
pub async fn run() -> Result<(), Failure> {
    const DOING: &str = "serving the agents";
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(Failure::io(DOING))?;
    let at = listener.local_addr().map_err(Failure::io(DOING))?;
    let mut output = std::io::stdout();
    writeln!(output, "{at}").map_err(Failure::io(DOING))?;
    let router = Router::new()
        .route("/", post(called))
        .route("/slow", post(slow))
        .route("/doomed", post(doomed))
        .route("/seen", get(seen))
        .route("/last", get(last))
        .with_state(Arc::default());
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    let served = axum::serve(listener, router).await;
    served.map_err(Failure::io(DOING))
}

/// Whether a call asks what the agent is: the method stands at the beginning.
fn registers(body: &[u8]) -> bool {
    body.windows(10)
        .take(64)
        .any(|part| part == br#""register""#)
}

async fn slow(body: Bytes) -> String {
    if registers(&body) {
        return registration(SLOW_TYPE);
    }
    sleep(Duration::from_secs(SLOW_S)).await;
    NOTHING.to_owned()
}

async fn doomed(body: Bytes) -> String {
    if registers(&body) {
        return registration(DOOMED_TYPE);
    }
    NOTHING.to_owned()
}

async fn called(State(seen): Shared, body: Bytes) -> String {
    if registers(&body) {
        return registration(TYPE);
    }
    let now = Instant::now();
    let no = seen.calls.fetch_add(1, Ordering::Relaxed);
    *seen.last.lock().unwrap_or_else(PoisonError::into_inner) = body;
    let mut answer = String::with_capacity(128);
    write!(
        answer,
        r#"{{"result":{{"memory":{{"n":{no}}},"messages":[{{"hop":{no}}}],"logs":[],"errors":[]}}}}"#
    )
    .ok();
    let mut gaps = seen.gaps.lock().unwrap_or_else(PoisonError::into_inner);
    let (answered, all) = &mut *gaps;
    all.extend(answered.map(|answered| now - answered));
    *answered = Some(Instant::now());
    answer
}

/// How many calls came, and how long it took from an answer to the next call since this was asked last,
/// in nanoseconds: the middle and the 99th of a hundred.
async fn seen(State(seen): Shared) -> String {
    let gaps = std::mem::take(&mut *seen.gaps.lock().unwrap_or_else(PoisonError::into_inner));
    let mut times = Latencies::default();
    times.extend(gaps.1);
    let times = times.summary();
    format!(
        r#"{{"calls":{},"p50":{},"p99":{}}}"#,
        seen.calls.load(Ordering::Relaxed),
        times.p50.as_nanos(),
        times.p99.as_nanos()
    )
}

/// The body of the last call.
async fn last(State(seen): Shared) -> Bytes {
    seen.last
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}
