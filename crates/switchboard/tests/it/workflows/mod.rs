//! Workflows as their clients and their agents see them.

mod answers;
mod built_in;
mod chain;
mod crash;
mod deliveries;
mod files;
mod schedules;
mod secrets;
mod told;

use crate::support::{Engine, Server};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::{
    PATIENCE,
    agent::FakeAgent,
    chat::{ChatClient, send},
};
use tokio::time::timeout;

/// A server whose operator set these remote agents, once all of them answered.
pub async fn start(engine: Engine, agents: &[&FakeAgent]) -> Server {
    let urls: Vec<(String, String)> = agents
        .iter()
        .enumerate()
        .map(|(n, agent)| (format!("REMOTE_AGENT_URL{n}"), agent.url()))
        .collect();
    let settings: Vec<(&str, &str)> = urls
        .iter()
        .map(|(name, url)| (name.as_str(), url.as_str()))
        .collect();
    let server = Server::start(engine, &settings).await;
    let alice = server.login("alice").await;
    let ready = |types: &Value| {
        let types = types.as_array().unwrap();
        let is_there = |name: String| types.iter().any(|it| it["type"] == name);
        agents
            .iter()
            .all(|agent| is_there(format!("Agents::{}", agent.name())))
    };
    until(&alice, "/api/v1/agent_types", ready).await;
    server
}

/// What a path gives, once it is as wanted.
pub async fn until(client: &ChatClient, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let looking = async {
        loop {
            let seen = client.get(path).await.ok();
            if wanted(&seen) {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    };
    if let Ok(seen) = timeout(PATIENCE, looking).await {
        return seen;
    }
    let seen = client.get(path).await.text;
    panic!("{path} never was as wanted: {seen}")
}

/// Makes an agent, and gives its id.
pub async fn make(client: &ChatClient, kind: &str, more: Value) -> i64 {
    let mut body = json!({"type": kind, "name": kind});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = client.post("/api/v1/agents", &body).await.ok();
    made["id"].as_i64().unwrap()
}

async fn patch(client: &ChatClient, agent: i64, body: Value) -> Value {
    let path = format!("/api/v1/agents/{agent}");
    send(client.request(Method::PATCH, &path).json(&body))
        .await
        .ok()
}

async fn run(client: &ChatClient, agent: i64) {
    post(client, &format!("/api/v1/agents/{agent}/run")).await;
}

async fn post(client: &ChatClient, path: &str) -> Value {
    send(client.request(Method::POST, path)).await.ok()
}

/// Lets an agent emit this, and gives the id of the message.
pub async fn emit(client: &ChatClient, agent: i64, payload: Value) -> i64 {
    let path = format!("/api/v1/agents/{agent}/messages");
    let emitted = client.post(&path, &json!({"payload": payload})).await.ok();
    emitted["id"].as_i64().unwrap()
}

/// The payloads that an agent emitted, oldest first, once there are so many.
pub async fn payloads(client: &ChatClient, agent: i64, count: usize) -> Vec<Value> {
    let path = format!("/api/v1/agents/{agent}/messages");
    let enough = |seen: &Value| seen.as_array().unwrap().len() >= count;
    let heads = until(client, &path, enough).await;
    let mut payloads = Vec::new();
    for head in heads.as_array().unwrap().iter().rev() {
        let message = client
            .get(&format!("/api/v1/messages/{}", head["id"]))
            .await;
        payloads.push(message.ok()["payload"].clone());
    }
    payloads
}

/// What an agent remembers.
async fn memory(client: &ChatClient, agent: i64) -> Value {
    let path = format!("/api/v1/agents/{agent}/memory");
    client.get(&path).await.ok()["memory"].clone()
}
