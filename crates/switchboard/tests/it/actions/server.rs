//! Actions that the server runs itself.

use super::*;
use crate::support::on_both_stores;
use switchboard_testkit::agent::{Does, FakeAgent};

on_both_stores!(
    the_server_runs_what_is_allowed_within_the_step,
    a_credential_goes_out_and_nowhere_else,
);

/// A server that may ask programs on its own machine.
async fn start_near(engine: Engine) -> (Server, ChatClient) {
    let near = ("AGENTS_ALLOWED_NETWORKS", "127.0.0.0/8");
    let server = Server::start(engine, &[near]).await;
    let alice = server.login("alice").await;
    (server, alice)
}

/// A registered agent that has this function, and the path of its tasks.
async fn agent(alice: &ChatClient, function: &Value) -> String {
    let body = json!({
        "name": "Ada", "provider": "demo", "model": "script", "metadata": {"functions": [function]},
    });
    let agent = alice.post("/api/agents/register", &body).await.ok();
    format!(
        "/agents/{}/ap/v1/agent/tasks",
        agent["agent_id"].as_str().unwrap()
    )
}

async fn task_of(alice: &ChatClient, tasks: &str) -> String {
    let task = alice.post(tasks, &json!({})).await.ok();
    format!("{tasks}/{}", task["task_id"].as_str().unwrap())
}

async fn allow(alice: &ChatClient) {
    let rules = json!({"rules": [{"effect": "allow", "capability": "mail.*"}]});
    let put = alice.request(reqwest::Method::PUT, "/api/policy");
    switchboard_testkit::chat::send(put.json(&rules)).await.ok();
}

async fn the_server_runs_what_is_allowed_within_the_step(engine: Engine) {
    let far = FakeAgent::start("Far", |call| Does::Answers(json!({"got": call}))).await;
    let (_server, alice) = start_near(engine).await;
    let http = json!({"method": "POST", "url": far.url(), "body": {"receiver": "{{to}}"}});
    let tasks = agent(&alice, &function(json!({"at": "server", "http": http}))).await;
    // Nothing allows it: it asks, and the step is over.
    let task = task_of(&alice, &tasks).await;
    let asked = propose(&alice, &task, "bob").await;
    assert_eq!(
        (&asked["state"], &asked["at"]),
        (&json!("approval_required"), &json!("server"))
    );
    assert!(far.calls().is_empty());
    allow(&alice).await;
    let task = task_of(&alice, &tasks).await;
    let body =
        json!({"input": "call send_mail {\"to\": \"bob\"}\ncall send_mail {\"to\": \"eve\"}"});
    let step = step(&alice, &task, body).await;
    assert_eq!(step["functions"], Value::Null, "{step}");
    let output = step["output"].as_str().unwrap();
    for who in ["bob", "eve"] {
        assert!(
            output.contains(&format!(r#""receiver":"{who}""#)),
            "{output}"
        );
    }
    assert_eq!(far.calls().len(), 2);
    is_whole(&alice).await;
}

async fn a_credential_goes_out_and_nowhere_else(engine: Engine) {
    let far = FakeAgent::start("Far", |_| {
        Does::Says(200, "you said canary-key-7".to_owned())
    })
    .await;
    let (_server, alice) = start_near(engine).await;
    let set = alice.request(reqwest::Method::PUT, "/api/v1/credentials/key");
    let value = json!({"value": "canary-key-7"});
    switchboard_testkit::chat::send(set.json(&value)).await.ok();
    let tasks = agent(
        &alice,
        &function(json!({
            "at": "server", "auth": {"credential": "key", "header": "x-key"},
            "http": {"method": "POST", "url": far.url(), "body": {"to": "{{to}}"}},
        })),
    )
    .await;
    allow(&alice).await;
    let task = task_of(&alice, &tasks).await;
    let step = step(
        &alice,
        &task,
        json!({"input": r#"call send_mail {"to": "bob"}"#}),
    )
    .await;
    let output = step["output"].as_str().unwrap();
    assert!(
        output.contains("you said") && !output.contains("canary"),
        "{output}"
    );
    for path in ["/api/actions", "/api/audit"] {
        let seen = alice.get(path).await.text;
        assert!(!seen.contains("canary"), "{seen}");
    }
    assert_eq!(far.calls().len(), 1);
}
