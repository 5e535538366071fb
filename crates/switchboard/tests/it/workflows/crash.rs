//! The server is killed over and over while messages go through a chain of agents that fail at times;
//! every effect is there once, and in order.
//!
//! `SWITCHBOARD_TEST_KILLS` says how often (4 by default, for a short run), `SWITCHBOARD_TEST_MESSAGES`
//! how many messages there are (300 by default).

use super::{make, memory, payloads, run, until};
use crate::{
    commands::program::{Program, Running},
    support::{Engine, PASSWORD, on_both_stores},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::ChatClient,
};

on_both_stores!(every_effect_is_there_once);

/// How many agents the messages go through.
const CHAIN: usize = 3;

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

/// An agent that emits as many messages as its options say when it checks, and counts and passes on
/// what it receives. It fails one call in ten, at most twice for one message.
async fn counter() -> FakeAgent {
    let failed: Mutex<HashMap<String, u32>> = Mutex::default();
    FakeAgent::start("Counter", move |call| {
        let params = &call["params"];
        if call["method"] == "check" {
            let count = params["options"]["emit"].as_i64().unwrap();
            let messages: Vec<Value> = (0..count).map(|n| json!({"n": n})).collect();
            return Does::Answers(json!({"messages": messages}));
        }
        let name = format!("{}/{}", params["options"]["place"], params["message"]["id"]);
        let digits = params["message"]["payload"]["n"].as_u64().unwrap();
        let place = params["options"]["place"].as_u64().unwrap();
        let mut failed = failed.lock().unwrap();
        let times = failed.entry(name).or_default();
        if (digits + place).is_multiple_of(10) && *times < 2 {
            *times += 1;
            return Does::Says(500, "not this time".to_owned());
        }
        let count = params["memory"]["count"].as_i64().unwrap_or(0) + 1;
        let payload = json!({"n": digits, "count": count});
        Does::Answers(json!({"memory": {"count": count}, "messages": [payload], "logs": ["once"]}))
    })
    .await
}

async fn login(server: &Running) -> ChatClient {
    server.client.login("root", PASSWORD).await
}

async fn every_effect_is_there_once(engine: Engine) {
    let kills = number("SWITCHBOARD_TEST_KILLS", 4);
    let messages = number("SWITCHBOARD_TEST_MESSAGES", 300);
    let agent = counter().await;
    let program = Program::with_root(engine)
        .await
        .with_bare("REMOTE_AGENT_URL", &agent.url())
        .with("LEASE_S", "1");
    let mut server = program.start().await;
    let root = login(&server).await;
    let is_there = |types: &Value| {
        let types = types.as_array().unwrap();
        types.iter().any(|it| it["type"] == "Agents::Counter")
    };
    until(&root, "/api/v1/agent_types", is_there).await;
    let source = make(&root, "Counter", json!({"options": {"emit": messages}})).await;
    let mut chain = vec![source];
    for place in 0..CHAIN {
        let more = json!({
            "options": {"place": place}, "sources": [chain[place]],
            "retry": {"first_delay_s": 0.05, "growth": 1},
        });
        chain.push(make(&root, "Counter", more).await);
    }
    run(&root, source).await;
    for kill in 1..=kills {
        let enough = messages * CHAIN * kill / (kills + 1);
        agent.wait_for_calls(enough).await;
        server.kill().await;
        server = program.start().await;
    }
    let root = login(&server).await;
    for agent in &chain[1..] {
        check(&root, *agent, messages).await;
    }
    let ids: HashSet<(Option<String>, String)> = agent
        .calls()
        .into_iter()
        .filter(|call| call.method() == "receive")
        .map(|call| (call.id, call.body["params"]["message"]["id"].to_string()))
        .collect();
    let names: HashSet<&Option<String>> = ids.iter().map(|(name, _)| name).collect();
    assert_eq!(ids.len(), messages * CHAIN, "a call repeats under its name");
    assert_eq!(names.len(), ids.len(), "no name stands for two messages");
    println!(
        "{} calls for {} hops over {kills} kills",
        agent.calls().len(),
        messages * CHAIN
    );
    server.kill().await;
}

/// The agent did everything once, and in order.
async fn check(root: &ChatClient, agent: i64, messages: usize) {
    let path = format!("/api/v1/agents/{agent}");
    // In steps, since the pauses between attempts alone take 10 s for each thousand messages.
    for enough in (0..messages).step_by(1000).chain([messages]) {
        let there = |seen: &Value| seen["messages_count"].as_u64() >= u64::try_from(enough).ok();
        until(root, &path, there).await;
    }
    assert_eq!(memory(root, agent).await, json!({"count": messages}));
    let seen = payloads(root, agent, messages.min(1000)).await;
    let first = messages - seen.len();
    let wanted = (first..messages).map(|n| json!({"n": n, "count": n + 1}));
    assert_eq!(seen, wanted.collect::<Vec<Value>>());
    let logs = root.get(&format!("{path}/logs")).await.ok();
    let lines = logs.as_array().unwrap().iter();
    let lines: Vec<String> = lines
        .filter(|line| line["level"] == 3)
        .map(|line| line["inbound_message_id"].to_string())
        .collect();
    let different: HashSet<&String> = lines.iter().collect();
    assert_eq!(different.len(), lines.len(), "no line is doubled");
    let deliveries = root.get(&format!("{path}/deliveries")).await.ok();
    assert_eq!(deliveries, json!([]));
}
