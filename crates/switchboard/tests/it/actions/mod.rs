//! Actions as those see them who propose, decide about and run them.

mod doors;
mod executors;
mod misuse;
mod server;
mod steps;

use crate::support::{Engine, Server};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use switchboard_core::identity::{self, NewApiToken};
use switchboard_domain::nouns::Scope;
use switchboard_testkit::chat::{Answer, ChatClient};

/// Where the tasks are of an agent that does what a script says.
const SCRIPT: &str = "/agents/demo:script/ap/v1/agent/tasks";

/// A server and alice.
async fn start(engine: Engine) -> (Server, ChatClient) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    (server, alice)
}

/// A client with an API token of alice's with these scopes.
async fn program(server: &Server, scopes: &[Scope]) -> ChatClient {
    let new = NewApiToken {
        name: "program".to_owned(),
        owner: "alice".parse().unwrap(),
        scopes: scopes.to_vec(),
        expires_at: None,
    };
    let (_, secret) = identity::create_token(&server.ports, new).await.unwrap();
    server.client.with_token(secret.expose_secret())
}

/// The function `send_mail`, with what else is to be said of it.
fn function(more: Value) -> Value {
    let mut function = json!({
        "name": "send_mail", "description": "Sends an email.", "capability": "mail.send",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
    });
    for (name, value) in more.as_object().unwrap() {
        function[name] = value.clone();
    }
    function
}

/// Makes a task of the script agent that has this function, and gives its path.
async fn task(client: &ChatClient, function: &Value) -> String {
    let body = json!({"additional_input": {"functions": [function]}});
    let task = client.post(SCRIPT, &body).await.ok();
    format!("{SCRIPT}/{}", task["task_id"].as_str().unwrap())
}

/// Does a step with this body.
async fn step(client: &ChatClient, task: &str, body: Value) -> Value {
    client.post(&format!("{task}/steps"), &body).await.ok()
}

/// Lets the agent propose to write to somebody, and gives the action.
async fn propose(client: &ChatClient, task: &str, to: &str) -> Value {
    let call = json!({"to": to});
    let step = step(
        client,
        task,
        json!({"input": format!("call send_mail {call}")}),
    )
    .await;
    assert_eq!(step["is_last"], false, "{step}");
    step["functions"][0].clone()
}

/// Says something about an action.
async fn decide(client: &ChatClient, action: &Value, more: Value) -> Answer {
    let mut body = json!({"digest": action["digest"]});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    client.post(&path(action, "decision"), &body).await
}

/// Approves an action.
async fn approve(client: &ChatClient, action: &Value) -> Value {
    decide(client, action, json!({"decision": "approve"}))
        .await
        .ok()
}

/// A path of an action.
fn path(action: &Value, end: &str) -> String {
    format!("/api/actions/{}/{end}", action["id"].as_str().unwrap())
}

/// The result of an action, as whoever ran it says.
fn result(action: &Value, output: Value) -> Value {
    json!({
        "lease": action["lease"], "digest": action["digest"], "status": "succeeded", "output": output,
    })
}

/// The same, for a step.
fn function_result(action: &Value, output: Value) -> Value {
    let mut result = result(action, output);
    result["id"] = action["id"].clone();
    result
}

/// The action as it stands now.
async fn now(client: &ChatClient, action: &Value) -> Value {
    let id = action["id"].as_str().unwrap();
    client.get(&format!("/api/actions/{id}")).await.ok()
}

/// Checks that it was refused by this name, as a problem document.
#[track_caller]
fn refused(answer: &Answer, status: u16, name: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let kind = format!("urn:switchboard:problem:{name}");
    assert_eq!(answer.body["type"], kind, "{}", answer.text);
    assert_eq!(answer.body["status"], status);
    assert!(answer.body["detail"].as_str().unwrap().len() > 10);
}

/// Checks that alice's trail is whole.
async fn is_whole(alice: &ChatClient) {
    let verified = alice.get("/api/audit/verify").await.ok();
    assert_eq!(verified["whole"], true, "{verified}");
    assert!(verified["entries"].as_i64().unwrap() > 0);
}
