//! Credentials: kept sealed, and sent to whom they were granted.

use super::{make, patch, payloads, run, start};
use crate::support::{Engine, on_both_stores};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::{ChatClient, send},
};

on_both_stores!(
    only_what_was_granted_is_sent,
    what_others_save_grants_nothing
);

const SECRET: &str = "s3cr3t-of-alice";

async fn set(client: &ChatClient, name: &str, value: &str) {
    let path = format!("/api/v1/credentials/{name}");
    let put = client.request(Method::PUT, &path);
    send(put.json(&json!({"value": value}))).await.ok();
}

/// An agent that tells how many credentials it was sent, by their names.
async fn spy() -> FakeAgent {
    FakeAgent::start("Spy", |call| {
        let sent = call["params"]["credentials"].as_array().unwrap();
        let names: Vec<&Value> = sent.iter().map(|it| &it["name"]).collect();
        let right = sent.iter().all(|it| it["value"] == SECRET);
        Does::Answers(json!({"messages": [{"names": names, "right": right}]}))
    })
    .await
}

/// The names of the credentials that the agent is sent when it checks for the `n`th time.
async fn sent(client: &ChatClient, agent: i64, n: usize) -> Value {
    run(client, agent).await;
    let told = payloads(client, agent, n).await;
    assert_eq!(told[n - 1]["right"], true);
    told[n - 1]["names"].clone()
}

async fn only_what_was_granted_is_sent(engine: Engine) {
    let spy = spy().await;
    let server = start(engine, &[&spy]).await;
    let alice = server.login("alice").await;
    set(&alice, "email", &format!("  {SECRET}\n")).await;
    let options = json!({"deep": [{"credential": "email"}], "later": "token"});
    let agent = make(&alice, "Spy", json!({"options": options})).await;
    assert_eq!(sent(&alice, agent, 1).await, json!(["email"]));
    set(&alice, "token", SECRET).await;
    set(&alice, "other", SECRET).await;
    assert_eq!(sent(&alice, agent, 2).await, json!(["email", "token"]));
    patch(&alice, agent, json!({"options": {}})).await;
    assert_eq!(sent(&alice, agent, 3).await, json!([]));
    patch(&alice, agent, json!({"credentials": ["other", "none"]})).await;
    assert_eq!(sent(&alice, agent, 4).await, json!(["other"]));
    patch(&alice, agent, json!({"credentials": "all"})).await;
    assert_eq!(
        sent(&alice, agent, 5).await,
        json!(["email", "other", "token"])
    );
    alice.delete("/api/v1/credentials/other").await.ok();
    assert_eq!(sent(&alice, agent, 6).await, json!(["email", "token"]));
    let listed = alice.get("/api/v1/credentials").await;
    assert!(!listed.text.contains(SECRET));
    assert_eq!(listed.ok()[0]["name"], "email");
    let bob = server.login("bob").await;
    let other = make(&bob, "Spy", json!({"credentials": "all"})).await;
    assert_eq!(sent(&bob, other, 1).await, json!([]));
}

async fn what_others_save_grants_nothing(engine: Engine) {
    let spy = spy().await;
    let server = start(engine, &[&spy]).await;
    let alice = server.login("alice").await;
    // As it happens, the type's own default options name it.
    set(&alice, "the type", SECRET).await;
    let agent = make(&alice, "Spy", json!({})).await;
    assert_eq!(sent(&alice, agent, 1).await, json!([]));
    let options = json!({"made_by": "the type"});
    patch(&alice, agent, json!({"options": options})).await;
    assert_eq!(sent(&alice, agent, 2).await, json!(["the type"]));
    let dry = format!("/api/v1/agents/{agent}/dry_run");
    let outcome = alice.post(&dry, &json!({"message": {"a": 1}})).await.ok();
    assert_eq!(outcome["messages"][0]["names"], json!(["the type"]));
    assert_eq!(
        payloads(&alice, agent, 2).await.len(),
        2,
        "nothing was stored"
    );
}
