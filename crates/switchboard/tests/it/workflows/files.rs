//! Workflow files, and workflows as sets of agents.

use super::{emit, make, memory, patch, payloads, post, start};
use crate::support::{Engine, on_both_stores};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::{ChatClient, send},
};

on_both_stores!(
    a_file_of_active_workflow_comes_back_as_it_was,
    an_import_changes_what_is_there_and_no_more,
    a_bad_file_changes_nothing,
    agents_are_switched_and_reset_together,
    three_ways_to_delete,
);

/// A file as ActiveWorkflow writes it.
const FILE: &str = r##"{
  "schema_version": 1,
  "name": "Count & go",
  "description": "manual -> counter",
  "guid": "0c4cf2c159db244bfb633ce4470276a1",
  "tag_fg_color": "#ffffff",
  "tag_bg_color": "#5bc0de",
  "icon": "gear",
  "exported_at": "2026-11-21T20:46:35Z",
  "agents": [
    {
      "type": "Agents::GoCounterAgent",
      "name": "Go",
      "disabled": false,
      "guid": "80a25f16f9d073c739ab1512d5e8afe5",
      "options": {
      },
      "schedule": "every_1m",
      "keep_messages_for": 0
    },
    {
      "type": "Agents::Echo",
      "name": "Echo",
      "disabled": true,
      "guid": "8a93c59d930fcc4bcf0db17d533255b5",
      "options": {
        "no options": "are needed"
      },
      "keep_messages_for": 21600
    }
  ],
  "links": [
    {
      "source": 1,
      "receiver": 0
    }
  ],
  "control_links": [

  ]
}"##;

/// An agent that passes on what it receives and remembers it.
async fn echo() -> FakeAgent {
    FakeAgent::start("Echo", |call| {
        let payload = call["params"]["message"]["payload"].clone();
        let payload = if payload.is_null() {
            json!({"checked": true})
        } else {
            payload
        };
        Does::Answers(json!({"messages": [payload], "memory": payload, "logs": ["done"]}))
    })
    .await
}

async fn import(client: &ChatClient, file: &str) -> Value {
    let request = client.request(Method::POST, "/api/v1/workflows/import");
    let request = request.header("content-type", "application/json");
    send(request.body(file.to_owned())).await.ok()
}

async fn export(client: &ChatClient, workflow: &Value) -> String {
    let path = format!("/api/v1/workflows/{}/export", workflow["id"]);
    let answer = client.get(&path).await;
    assert!(
        answer
            .header("content-disposition")
            .starts_with("attachment")
    );
    let whole = answer.text.clone();
    answer.ok();
    whole
}

/// The file but for the time of its making.
fn timeless(file: &str) -> Vec<&str> {
    let lines = file.trim_end().lines();
    lines.filter(|line| !line.contains("exported_at")).collect()
}

async fn a_file_of_active_workflow_comes_back_as_it_was(engine: Engine) {
    let echo = echo().await;
    let server = start(engine, &[&echo]).await;
    let alice = server.login("alice").await;
    let workflow = import(&alice, FILE).await;
    assert_eq!(workflow["agents"].as_array().unwrap().len(), 2);
    assert_eq!(timeless(&export(&alice, &workflow).await), timeless(FILE));
    let before = alice.get("/api/v1/agents").await.ok();
    let again = import(&alice, FILE).await;
    assert_eq!(again, workflow);
    assert_eq!(alice.get("/api/v1/agents").await.ok(), before);
    // Another user's agents with the same guids are theirs.
    let bob = server.login("bob").await;
    let other = import(&bob, FILE).await;
    assert_ne!(other["id"], workflow["id"]);
    let go = &workflow["agents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "Go")
        .unwrap()["id"];
    let details = alice
        .get(&format!("/api/v1/agents/{go}/details"))
        .await
        .ok();
    assert_eq!(details["issues"], json!(["type_unreachable"]));
    assert_eq!(details["next_runs"].as_array().unwrap().len(), 3);
}

async fn an_import_changes_what_is_there_and_no_more(engine: Engine) {
    let echo = echo().await;
    let server = start(engine, &[&echo]).await;
    let alice = server.login("alice").await;
    let workflow = import(&alice, FILE).await;
    let agents = workflow["agents"].as_array().unwrap();
    let id = |name: &str| {
        agents.iter().find(|it| it["name"] == name).unwrap()["id"]
            .as_i64()
            .unwrap()
    };
    let (first, go) = (id("Echo"), id("Go"));
    let outside = make(&alice, "Echo", json!({"sources": [first]})).await;
    let options = json!({"secret": "token"});
    patch(
        &alice,
        first,
        json!({"name": "Mine", "options": options, "receivers": [outside]}),
    )
    .await;
    let changed = import(&alice, FILE).await;
    assert_eq!(timeless(&export(&alice, &changed).await), timeless(FILE));
    let details = alice
        .get(&format!("/api/v1/agents/{first}/details"))
        .await
        .ok();
    let mut receivers: Vec<i64> = details["receivers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_i64().unwrap())
        .collect();
    receivers.sort_unstable();
    assert_eq!(receivers, [go, outside], "links to others stay");
}

async fn a_bad_file_changes_nothing(engine: Engine) {
    let server = start(engine, &[]).await;
    let alice = server.login("alice").await;
    for bad in [
        "{".to_owned(),
        "[]".to_owned(),
        FILE.replace("\"receiver\": 0", "\"receiver\": 7"),
        FILE.replace("every_1m", "every_now"),
    ] {
        let request = alice.request(Method::POST, "/api/v1/workflows/import");
        let request = request.header("content-type", "application/json");
        let answer = send(request.body(bad)).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(answer.body["error"].is_string());
    }
    assert_eq!(alice.get("/api/v1/workflows").await.ok(), json!([]));
    assert_eq!(alice.get("/api/v1/agents").await.ok(), json!([]));
}

async fn agents_are_switched_and_reset_together(engine: Engine) {
    let echo = echo().await;
    let server = start(engine, &[&echo]).await;
    let alice = server.login("alice").await;
    let one = make(&alice, "Echo", json!({})).await;
    let two = make(&alice, "Echo", json!({"sources": [one]})).await;
    let body = json!({"name": "Both", "agents": [one, two]});
    let workflow = alice.post("/api/v1/workflows", &body).await.ok();
    let path = format!("/api/v1/workflows/{}", workflow["id"]);
    assert_eq!(alice.get("/api/v1/workflows").await.ok()[0]["name"], "Both");
    emit(&alice, one, json!({"n": 1})).await;
    payloads(&alice, two, 1).await;
    post(&alice, &format!("{path}/disable")).await;
    let disabled = alice.get(&path).await.ok();
    assert_eq!(
        (
            &disabled["agents"][0]["disabled"],
            &disabled["agents"][1]["disabled"]
        ),
        (&json!(true), &json!(true))
    );
    post(&alice, &format!("{path}/enable")).await;
    post(&alice, &format!("{path}/reset")).await;
    assert_eq!(payloads(&alice, two, 0).await, [] as [Value; 0]);
    assert_eq!(memory(&alice, two).await, json!({"n": 1}));
    let logs = alice.get(&format!("/api/v1/agents/{two}/logs")).await.ok();
    assert_eq!(logs, json!([]));
    post(&alice, &format!("{path}/reset?memory=true")).await;
    assert_eq!(memory(&alice, two).await, json!({}));
}

async fn three_ways_to_delete(engine: Engine) {
    let echo = echo().await;
    let server = start(engine, &[&echo]).await;
    let alice = server.login("alice").await;
    let shared = make(&alice, "Echo", json!({})).await;
    let alone = make(&alice, "Echo", json!({"sources": [shared]})).await;
    let mut ids = Vec::new();
    for agents in [
        json!([shared]),
        json!([shared, alone]),
        json!([shared, alone]),
    ] {
        let body = json!({"name": "Set", "agents": agents});
        ids.push(alice.post("/api/v1/workflows", &body).await.ok()["id"].clone());
    }
    let left = async || -> Vec<i64> {
        let agents = alice.get("/api/v1/agents").await.ok();
        let ids = agents
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_i64().unwrap());
        ids.collect()
    };
    alice
        .delete(&format!("/api/v1/workflows/{}", ids[2]))
        .await
        .ok();
    assert_eq!(left().await, [alone, shared]);
    let path = format!(
        "/api/v1/workflows/{}?agents=delete_unless_elsewhere",
        ids[1]
    );
    alice.delete(&path).await.ok();
    assert_eq!(left().await, [shared]);
    let path = format!("/api/v1/workflows/{}?agents=delete", ids[0]);
    alice.delete(&path).await.ok();
    assert_eq!(left().await, [] as [i64; 0]);
    assert_eq!(alice.get("/api/v1/workflows").await.ok(), json!([]));
}
