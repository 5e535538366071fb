//! Schedules, and messages that expire, on a clock that the test moves.

use super::{make, patch, payloads, until};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    clock::TestClock,
};

on_both_stores!(checks_come_on_time, messages_expire);

async fn start(engine: Engine, agent: &FakeAgent) -> (Server, TestClock) {
    let url = agent.url();
    let settings = [
        ("REMOTE_AGENT_URL", url.as_str()),
        ("ACCESS_TOKEN_S", "1000000"),
    ];
    let (server, clock) = Server::start_with_clock(engine, &settings).await;
    let alice = server.login("alice").await;
    let ready = |types: &Value| {
        types
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["type"] == "Agents::Clock")
    };
    until(&alice, "/api/v1/agent_types", ready).await;
    (server, clock)
}

async fn clockwork() -> FakeAgent {
    FakeAgent::start("Clock", |_| {
        Does::Answers(json!({"messages": [{"tick": true}]}))
    })
    .await
}

async fn checks_come_on_time(engine: Engine) {
    let agent = clockwork().await;
    let (server, clock) = start(engine, &agent).await;
    let alice = server.login("alice").await;
    let id = make(&alice, "Clock", json!({"schedule": "every_10m"})).await;
    let details = alice
        .get(&format!("/api/v1/agents/{id}/details"))
        .await
        .ok();
    let runs = details["next_runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    assert!(
        runs[0].as_str().unwrap().contains("0:00.000000Z"),
        "{runs:?}"
    );
    for n in 1..=3 {
        clock.advance(Duration::from_mins(10));
        payloads(&alice, id, n).await;
    }
    // However long nobody looked, one is made up for.
    clock.advance(Duration::from_hours(5));
    payloads(&alice, id, 4).await;
    patch(&alice, id, json!({"schedule": "never"})).await;
    let alice = server.login("alice").await;
    let details = alice
        .get(&format!("/api/v1/agents/{id}/details"))
        .await
        .ok();
    assert_eq!(details["next_runs"], json!([]));
    assert_eq!(agent.calls().len(), 4);
}

async fn messages_expire(engine: Engine) {
    let agent = clockwork().await;
    let (server, clock) = start(engine, &agent).await;
    let alice = server.login("alice").await;
    let id = make(&alice, "Clock", json!({"keep_messages_for": 100})).await;
    super::run(&alice, id).await;
    payloads(&alice, id, 1).await;
    clock.advance(Duration::from_secs(99));
    assert_eq!(payloads(&alice, id, 1).await.len(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(payloads(&alice, id, 0).await, [] as [Value; 0]);
    clock.advance(Duration::from_mins(1));
    let purged = |agent: &Value| agent["messages_count"] == 0;
    until(&alice, &format!("/api/v1/agents/{id}"), purged).await;
}
