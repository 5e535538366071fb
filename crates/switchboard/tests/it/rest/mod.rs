//! The REST doors as a client sees them: every endpoint, every limit, every form of error.

mod agents;
mod identity;
mod overload;
mod sessions;
mod walk;
mod web;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::{
    chat::{Answer, ChatClient, send},
    socket::{Came, Socket},
};

/// Where sessions are created.
const CREATE: &str = "/api/chat/sessions/create";
/// Where the caller's sessions are listed.
const SESSIONS: &str = "/api/chat/sessions";
/// Where agents are registered.
const REGISTER: &str = "/api/agents/register";

/// An agent of the built-in provider.
fn demo(model: &str) -> Value {
    json!({"provider": "demo", "model": model})
}

/// A session of a person with this agent.
fn with_person(agent: &Value) -> Value {
    json!({"session_type": "human_agent", "agents": {"primary": agent}})
}

/// A session of two agents of this model of the built-in provider.
fn dialogue(model: &str) -> Value {
    json!({"session_type": "agent_agent", "agents": {"first": demo(model), "second": demo(model)}})
}

/// Sends a body that is not made by the client's own JSON writer.
pub async fn post_text(
    client: &ChatClient,
    path: &str,
    kind: &str,
    body: impl Into<String>,
) -> Answer {
    let request = client.request(Method::POST, path);
    send(request.header("content-type", kind).body(body.into())).await
}

/// Posts without a body.
async fn post_nothing(client: &ChatClient, path: &str) -> Answer {
    send(client.request(Method::POST, path)).await
}

/// Opens the WebSocket of a session, and waits until the server counts it as connected.
async fn enter(client: &ChatClient, session: &str) -> Socket {
    let mut socket = client.connect(session, "").await;
    let first = socket.next_raw().await;
    assert!(matches!(first, Came::Frame(_) | Came::Ping), "{first:?}");
    socket
}

/// Checks that the answer is an error of this status, in the form that all errors have, and gives
/// its detail.
#[track_caller]
fn refused(answer: &Answer, status: u16) -> &Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    let mut body = answer.body.clone();
    let is_problem = !body["type"].is_null();
    let kind = if is_problem {
        "application/problem+json"
    } else {
        "application/json"
    };
    assert_eq!(answer.header("content-type"), kind, "{}", answer.text);
    if let Some(body) = body.as_object_mut().filter(|_| is_problem) {
        assert_eq!(
            body.remove("status"),
            Some(status.into()),
            "{}",
            answer.text
        );
        let own = ["type", "title"].map(|name| body.remove(name).is_some_and(|it| it.is_string()));
        assert_eq!(own, [true, true], "{}", answer.text);
    }
    if let Some(hint) = body.as_object_mut().and_then(|body| body.remove("hint")) {
        assert!(
            [429, 503].contains(&status) && hint.is_string(),
            "{}",
            answer.text
        );
    }
    members(&body, &["code", "detail", "timestamp"]);
    let code = answer.body["code"].as_str().unwrap();
    assert!(
        !code.is_empty() && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'),
        "{code}"
    );
    is_time(&answer.body["timestamp"]);
    let detail = &answer.body["detail"];
    if status == 422 {
        assert!(!detail.as_array().unwrap().is_empty(), "{}", answer.text);
        detail
            .as_array()
            .unwrap()
            .iter()
            .for_each(|it| members(it, &["input", "loc", "msg", "type"]));
    } else {
        assert!(!detail.as_str().unwrap().is_empty(), "{}", answer.text);
    }
    match status {
        401 => assert_eq!(answer.header("www-authenticate"), "Bearer"),
        429 => assert!(retry_after(answer) >= 1),
        _ => {}
    }
    detail
}

/// Checks that the answer is an error of this status, in the form of those who answer at this path.
#[track_caller]
fn refused_at_path(path: &str, answer: &Answer, status: u16) {
    if path.starts_with("/api/v1") {
        refused_plainly(answer, status);
    } else if path.contains("/ap/v1/") {
        refused_for_tasks(answer, status);
    } else {
        refused(answer, status);
    }
}

/// Checks that the answer is an error of this status, as the Agent Protocol tells it.
#[track_caller]
fn refused_for_tasks(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let message = answer.body["message"].as_str().unwrap();
    match status {
        404 => assert_eq!(message, "Unable to find entity with the provided id"),
        _ => assert!(!message.is_empty() && answer.body["code"].is_string()),
    }
}

/// Checks that the answer is an error of this status, as ActiveWorkflow would tell it.
#[track_caller]
fn refused_plainly(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    match status {
        401 => assert_eq!(answer.body, json!({"error": "401 Unauthorized"})),
        404 => assert_eq!(answer.body, json!({"error": "404 Record not found"})),
        _ => {
            assert!(answer.body["error"].is_string(), "{}", answer.text);
            assert!(answer.body["code"].is_string(), "{}", answer.text);
        }
    }
}

/// Checks that exactly these members were refused, and gives their kinds.
#[track_caller]
fn refused_at(answer: &Answer, places: &[Value]) -> Vec<String> {
    let problems = refused(answer, 422).as_array().unwrap();
    let found: Vec<_> = problems
        .iter()
        .map(|problem| problem["loc"].clone())
        .collect();
    assert_eq!(found.len(), places.len(), "{}", answer.text);
    let all = places.iter().all(|place| found.contains(place));
    assert!(all, "{}", answer.text);
    problems
        .iter()
        .map(|problem| problem["type"].as_str().unwrap().to_owned())
        .collect()
}

/// Checks that the answer says "too often", and gives the seconds to wait.
#[track_caller]
fn too_often(answer: &Answer) -> u64 {
    assert_eq!(refused(answer, 429), "Too Many Requests");
    retry_after(answer)
}

#[track_caller]
fn retry_after(answer: &Answer) -> u64 {
    answer
        .header("retry-after")
        .parse()
        .expect("Retry-After is a number of seconds")
}

/// Checks that an object has exactly these members, given in the order of the alphabet.
#[track_caller]
fn members(object: &Value, names: &[&str]) {
    let object = object
        .as_object()
        .unwrap_or_else(|| panic!("no object: {object}"));
    let mut found: Vec<_> = object.keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, names);
}

/// Checks that this is a time in UTC with microseconds, e.g. `2026-01-01T00:00:00.000000Z`.
#[track_caller]
fn is_time(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("no text: {value}"));
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(form, "0000-00-00T00:00:00.000000Z", "{text}");
}
