//! The figures of a server, as a collector reads them.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;
use switchboard_testkit::{
    PATIENCE,
    chat::{Answer, ChatClient, send},
};
use tokio::time::timeout;

use super::{program::Program, refused};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(a_chat_moves_the_figures_and_leaves_no_trace_in_them);

/// Each sample: its name with its labels, and its value.
type Samples = BTreeMap<String, f64>;

async fn figures(client: &ChatClient) -> Answer {
    let answer = client.get("/metrics").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    answer
}

/// Reads the format as its description has it, and holds it to what its collectors expect.
#[track_caller]
fn parse(text: &str) -> Samples {
    let (mut kinds, mut samples) = (BTreeMap::new(), Samples::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a kind");
            assert!(kinds.insert(name, kind).is_none(), "{name} is there twice");
        } else if let Some(rest) = line.strip_prefix("# HELP ") {
            let (_, words) = rest.split_once(' ').expect("words");
            assert!(!words.is_empty(), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            let name = series.split('{').next().unwrap();
            let base = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|ending| name.strip_suffix(ending))
                .filter(|base| kinds.get(base) == Some(&"histogram"));
            let base = base.unwrap_or(name);
            let kind = *kinds.get(base).unwrap_or_else(|| panic!("what is {name}?"));
            assert!(text.contains(&format!("# HELP {base} ")), "{base}");
            assert!(
                ["switchboard_", "process_"]
                    .iter()
                    .any(|of| base.starts_with(of))
            );
            assert_eq!(kind == "counter", base.ends_with("_total"), "{base}");
            assert_ne!(kind, "summary", "{base} has no buckets");
            let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
            let former = samples.insert(series.to_owned(), value);
            assert!(former.is_none(), "{series} is there twice");
        }
    }
    samples
}

/// The sum of the samples of this name that have all these labels.
fn sum(samples: &Samples, name: &str, labels: &[&str]) -> f64 {
    let of = |series: &str| {
        let (own, rest) = series.split_once('{').unwrap_or((series, ""));
        own == name && labels.iter().all(|label| rest.contains(label))
    };
    let found = samples.iter().filter(|(series, _)| of(series));
    found.map(|(_, value)| value).sum()
}

/// Asks until the sum is this: some things are counted just after the client was told.
async fn wait_for(client: &ChatClient, name: &str, labels: &[&str], wanted: f64) -> Samples {
    let asking = async {
        loop {
            let samples = parse(&figures(client).await.text);
            if (sum(&samples, name, labels) - wanted).abs() < f64::EPSILON {
                return samples;
            }
        }
    };
    let Ok(samples) = timeout(PATIENCE, asking).await else {
        let text = figures(client).await.text;
        panic!("{name} {labels:?} never was {wanted}: {text}")
    };
    samples
}

async fn a_chat_moves_the_figures_and_leaves_no_trace_in_them(engine: Engine) {
    let program = Program::new(engine).await;
    let program = program
        .with("ADMIN_USERNAME", "canary-user")
        .with("ADMIN_PASSWORD", PASSWORD)
        .with("LIMITS_AGENT_OPS_PER_MINUTE", "1");
    let server = program.start().await;
    let client = &server.client;
    let deliveries = "switchboard_deliveries_total";
    assert!(sum(&parse(&figures(client).await.text), deliveries, &[]).abs() < f64::EPSILON);
    let user = client.login("canary-user", PASSWORD).await;
    let session = user.demo_session("echo").await;
    let mut socket = user.connect(&session, "").await;
    for text in ["canary-in-text", "canary-in-another"] {
        socket.say(text).await;
        socket.expect("response").await;
    }
    let agent = json!({"name": "canary-agent", "provider": "demo", "capabilities": ["canary"]});
    user.post("/api/agents/register", &agent).await.ok();
    refused(&user.get("/api/agents/search?q=canary").await, 429);
    refused(&user.get("/canary-in-path").await, 404);
    let odd = Method::from_bytes(b"CANARY").unwrap();
    send(user.request(odd, "/api/chat/sessions/canary")).await;
    let samples = wait_for(client, deliveries, &["outcome=\"answered\""], 2.0).await;
    let requests = "switchboard_http_request_duration_seconds_count";
    let calls = "switchboard_provider_call_duration_seconds_count";
    let login = [
        "route=\"/api/auth/login\"",
        "method=\"POST\"",
        "status=\"2xx\"",
    ];
    for (name, labels, wanted) in [
        ("switchboard_sessions_created_total", &[][..], 1.0),
        ("switchboard_websockets_open", &[], 1.0),
        ("switchboard_write_queue_depth", &[], 0.0),
        ("switchboard_store_up", &[], 1.0),
        ("switchboard_queue_lanes", &[], 0.0),
        ("switchboard_queue_oldest_wait_seconds", &[], 0.0),
        (
            "switchboard_rate_limited_total",
            &["kind=\"agent_ops\""],
            1.0,
        ),
        (calls, &["provider=\"demo\"", "outcome=\"answered\""], 2.0),
        (requests, &login, 1.0),
        (requests, &["route=\"none\"", "status=\"4xx\""], 1.0),
        (requests, &["method=\"other\""], 1.0),
    ] {
        let found = sum(&samples, name, labels);
        assert!(
            (found - wanted).abs() < f64::EPSILON,
            "{name} {labels:?}: {found}"
        );
    }
    for name in [
        "process_start_time_seconds",
        "switchboard_build_info",
        "switchboard_commit_batches_total",
        "switchboard_commit_batch_writes_count",
        "switchboard_commit_duration_seconds_count",
        "switchboard_provider_tokens_total",
        "switchboard_http_connections_open",
    ] {
        assert!(sum(&samples, name, &[]) > 0.0, "{name}");
    }
    socket.close().await;
    user.delete(&format!("/api/chat/sessions/{session}"))
        .await
        .ok();
    wait_for(client, "switchboard_websockets_open", &[], 0.0).await;
    let ended = ("switchboard_sessions_ended_total", ["how=\"deleted\""]);
    wait_for(client, ended.0, &ended.1, 1.0).await;
    let text = figures(client).await.text.to_lowercase();
    for said in ["canary", "agent_1", &session] {
        assert!(!text.contains(said), "{said}: {text}");
    }
    server.stop().await;
}

/// Asks as a proxy on this machine would, for somebody elsewhere.
async fn by_proxy(client: &ChatClient) -> Answer {
    let request = client.request(Method::GET, "/metrics");
    send(request.header("x-forwarded-for", "198.51.100.7")).await
}

#[tokio::test]
async fn the_figures_are_for_this_machine() {
    let program = Program::with_root(Engine::Sqlite).await;
    let server = program.start().await;
    figures(&server.client).await;
    let answer = by_proxy(&server.client).await;
    refused(&answer, 403);
    assert!(
        answer.detail().contains("`[http] metrics`"),
        "{}",
        answer.text
    );
    server.stop().await;
}

#[tokio::test]
async fn the_figures_can_be_for_anyone() {
    let program = Program::with_root(Engine::Sqlite).await;
    let program = program.with("HTTP_METRICS", "anyone");
    let server = program.start().await;
    refused(&by_proxy(&server.client).await, 200);
    server.stop().await;
}

#[tokio::test]
async fn there_may_be_no_figures() {
    let program = Program::with_root(Engine::Sqlite).await;
    let program = program.with("HTTP_METRICS", "off");
    let server = program.start().await;
    refused(&server.client.get("/metrics").await, 404);
    server.stop().await;
}

#[tokio::test]
async fn many_may_ask_at_once() {
    let program = Program::with_root(Engine::Sqlite).await;
    let server = program.start().await;
    let all = (0..20).map(|_| figures(&server.client));
    for answer in futures::future::join_all(all).await {
        parse(&answer.text);
    }
    server.stop().await;
}
