//! How many calls a second the adapter of remote agents makes, beside the same requests by a bare
//! client, in turns. Both ask one server that does nothing, on this machine.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "it measures, and fails by panicking"
)]

use futures::future::join_all;
use serde_json::{Map, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use switchboard_domain::Timestamp;
use switchboard_domain::ids::AgentId;
use switchboard_domain::nouns::{Call, Delegation, History, Received, Why};
use switchboard_domain::ports::{RemoteAgents, RemoteEndpoint};
use switchboard_outbound::{HttpAgents, Outgoing};
use switchboard_testkit::clock::TestClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

const ROUNDS: usize = 5;
const CALLS: usize = 10_000;
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 60\r\n\r\n\
    {\"result\":{\"memory\":{\"n\":1},\"messages\":[{\"n\":1}],\"logs\":[]}}";

/// Answers each request, which comes in one piece on a loopback.
async fn serve(mut socket: TcpStream) {
    socket.set_nodelay(true).unwrap();
    let mut seen = [0; 4096];
    while socket.read(&mut seen).await.unwrap_or(0) > 0 {
        if socket.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

fn call() -> Call {
    Call {
        id: "delivery-1".into(),
        attempt: 1,
        why: Why::Receive(Received {
            id: 142,
            agent: AgentId(7),
            user: 3,
            payload: Map::from_iter([("n".to_owned(), json!(1))]),
            created_at: Timestamp::from_micros(1_795_293_934_029_000),
            expires_at: None,
        }),
        model: "CounterAgent".into(),
        instructions: None,
        options: Map::new(),
        memory: Map::from_iter([("n".to_owned(), json!(0))]),
        history: History::default(),
        credentials: Vec::new(),
        functions: Vec::new(),
        max_output_tokens: None,
        delegation: Delegation::default(),
    }
}

async fn measured<F: Future<Output = ()>>(tasks: usize, each: impl Fn() -> F) -> f64 {
    let began = Instant::now();
    let work = (0..tasks).map(|_| async {
        for _ in 0..CALLS / tasks {
            each().await;
        }
    });
    join_all(work).await;
    CALLS as f64 / began.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let tasks = TaskTracker::new();
    tasks.clone().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tasks.spawn(serve(socket));
        }
    });
    let agents = HttpAgents::new(
        Outgoing::new(Vec::new()).unwrap(),
        Arc::new(TestClock::new()),
    );
    let endpoint = |secret: Option<&str>| RemoteEndpoint {
        url: url.clone(),
        secret: secret.map(Into::into),
        timeout: Duration::from_mins(1),
        is_trusted: true,
    };
    let (plain, signed) = (
        endpoint(None),
        endpoint(Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
    );
    let bare = reqwest::Client::new();
    let (call, body) = (call(), body());
    for at_once in [1, 10, 100] {
        for _ in 0..ROUNDS {
            let by_client = measured(at_once, || async {
                let answer = bare.post(&url).body(body.clone()).send().await.unwrap();
                answer.bytes().await.unwrap();
            })
            .await;
            let adapter = |endpoint| {
                let (agents, call) = (&agents, &call);
                measured(at_once, move || async move {
                    agents.call(endpoint, call).await.unwrap();
                })
            };
            let (by_adapter, by_signing) = (adapter(&plain).await, adapter(&signed).await);
            println!(
                "{at_once:>3} at once: bare {by_client:>7.0}/s, adapter {by_adapter:>7.0}/s ({:.2}), signed \
                 {by_signing:>7.0}/s ({:.2})",
                by_adapter / by_client,
                by_signing / by_client
            );
        }
    }
}

/// As large as what the adapter sends.
fn body() -> Vec<u8> {
    json!({"method": "receive", "params": {
        "message": {
            "id": 142, "agent_id": 7, "user_id": 3, "payload": {"n": 1},
            "created_at": "2026-11-21T20:45:34.029000Z", "updated_at": "2026-11-21T20:45:34.029000Z", "expires_at": null,
        },
        "options": {}, "memory": {"n": 0}, "credentials": [],
    }})
    .to_string()
    .into_bytes()
}
