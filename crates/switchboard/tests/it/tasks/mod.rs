//! The Agent Protocol as its clients see it.

mod agents;
mod anonymous;
mod artifacts;
mod bucket;
mod contract;
mod crash;
mod elsewhere;
mod end;
mod events;
mod foreign;
mod official;
mod pages;
mod peers;
mod steps;

use crate::support::{Engine, Server};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::chat::{Answer, ChatClient, send};

/// Where the default agent's tasks are.
const TASKS: &str = "/ap/v1/agent/tasks";

/// A server and alice.
async fn start(engine: Engine, more: &[(&str, &str)]) -> (Server, ChatClient) {
    let server = Server::start(engine, more).await;
    let alice = server.login("alice").await;
    (server, alice)
}

/// Makes a task, and gives its path.
async fn make(client: &ChatClient, input: &str) -> String {
    let task = client.post(TASKS, &json!({"input": input})).await.ok();
    format!("{TASKS}/{}", task["task_id"].as_str().unwrap())
}

/// Does a step with these words.
async fn step(client: &ChatClient, task: &str, input: &str) -> Value {
    let path = format!("{task}/steps");
    client.post(&path, &json!({"input": input})).await.ok()
}

/// Asks for a step with these headers.
async fn step_with(client: &ChatClient, task: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = client.request(Method::POST, &format!("{task}/steps"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request.json(&json!({"input": "once"}))).await
}

/// Checks that nothing was found, in the protocol's words.
#[track_caller]
fn not_found(answer: &Answer) {
    let words = json!({"message": "Unable to find entity with the provided id"});
    assert_eq!((answer.status, &answer.body), (404, &words));
}

/// Checks that this member was refused.
#[track_caller]
fn refused_at(answer: &Answer, member: &str) {
    assert_eq!(answer.status, 422, "{}", answer.text);
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.starts_with(member), "{message}");
    let place = answer.body["detail"][0]["loc"].as_array().unwrap();
    assert!(place.len() >= 2, "{}", answer.text);
}
