//! Order, retries, dead deliveries, and agents that are disabled.

use super::{emit, make, memory, patch, payloads, post, start, until};
use crate::support::{Engine, on_both_stores};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use switchboard_testkit::agent::{Does, FakeAgent};

on_both_stores!(
    the_order_is_kept_while_a_call_is_tried_again,
    later_calls_overtake_if_they_may,
    the_dead_are_retried_and_deleted,
    a_disabled_agent_keeps_what_waits,
    what_waits_is_dropped,
    memory_that_is_set_meanwhile_is_not_lost,
);

/// An agent that passes on what it receives, and fails as long as it is told for some.
async fn picky() -> (FakeAgent, Arc<AtomicBool>) {
    let fails = Arc::new(AtomicBool::new(true));
    let told = Arc::clone(&fails);
    let agent = FakeAgent::start("Picky", move |call| {
        let payload = call["params"]["message"]["payload"].clone();
        if payload["bad"] == true && told.load(Ordering::SeqCst) {
            return Does::Says(500, "not now".to_owned());
        }
        Does::Answers(json!({"messages": [payload]}))
    })
    .await;
    (agent, fails)
}

async fn the_order_is_kept_while_a_call_is_tried_again(engine: Engine) {
    let (agent, fails) = picky().await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Picky", json!({})).await;
    let retry = json!({"first_delay_s": 0.001, "growth": 1});
    let second = make(&alice, "Picky", json!({"sources": [first], "retry": retry})).await;
    for payload in [
        json!({"n": 1}),
        json!({"n": 2, "bad": true}),
        json!({"n": 3}),
    ] {
        emit(&alice, first, payload).await;
    }
    let calls = agent.wait_for_calls(4).await;
    assert_eq!(calls[1].body["params"]["message"]["payload"]["n"], 2);
    fails.store(false, Ordering::SeqCst);
    let seen = payloads(&alice, second, 3).await;
    let order: Vec<&Value> = seen.iter().map(|payload| &payload["n"]).collect();
    assert_eq!(order, [1, 2, 3]);
}

async fn later_calls_overtake_if_they_may(engine: Engine) {
    let (agent, fails) = picky().await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Picky", json!({})).await;
    let more = json!({
        "sources": [first], "failure_order": "skip",
        "retry": {"first_delay_s": 0.001, "growth": 1},
    });
    let second = make(&alice, "Picky", more).await;
    emit(&alice, first, json!({"n": 1, "bad": true})).await;
    emit(&alice, first, json!({"n": 2})).await;
    payloads(&alice, second, 1).await;
    fails.store(false, Ordering::SeqCst);
    let seen = payloads(&alice, second, 2).await;
    let order: Vec<&Value> = seen.iter().map(|payload| &payload["n"]).collect();
    assert_eq!(order, [2, 1]);
}

async fn the_dead_are_retried_and_deleted(engine: Engine) {
    let (agent, fails) = picky().await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Picky", json!({})).await;
    let once = json!({"attempts": 1});
    let second = make(&alice, "Picky", json!({"sources": [first], "retry": once})).await;
    for n in 1..=2 {
        emit(&alice, first, json!({"n": n, "bad": true})).await;
    }
    let path = format!("/api/v1/agents/{second}/deliveries");
    let both = |seen: &Value| seen[0]["state"] == "dead" && seen[1]["state"] == "dead";
    let dead = until(&alice, &path, both).await;
    assert!(
        dead[0]["reason"].as_str().unwrap().contains("not now"),
        "{dead}"
    );
    alice
        .delete(&format!("{path}/{}", dead[0]["no"]))
        .await
        .ok();
    fails.store(false, Ordering::SeqCst);
    post(&alice, &format!("{path}/{}/retry", dead[1]["no"])).await;
    assert_eq!(payloads(&alice, second, 1).await[0]["n"], 1);
    until(&alice, &path, |seen| seen == &json!([])).await;
    let gone = alice.delete(&format!("{path}/{}", dead[0]["no"])).await;
    assert_eq!(
        (gone.status, gone.body),
        (404, json!({"error": "404 Record not found"}))
    );
}

async fn a_disabled_agent_keeps_what_waits(engine: Engine) {
    let (agent, _) = picky().await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Picky", json!({})).await;
    let second = make(
        &alice,
        "Picky",
        json!({"sources": [first], "disabled": true}),
    )
    .await;
    emit(&alice, first, json!({"n": 1})).await;
    emit(&alice, first, json!({"n": 2})).await;
    let path = format!("/api/v1/agents/{second}/deliveries");
    let waiting = alice.get(&path).await.ok();
    assert_eq!(
        (&waiting[0]["state"], &waiting[1]["state"]),
        (&json!("waiting"), &json!("waiting"))
    );
    assert!(agent.calls().is_empty());
    patch(&alice, second, json!({"disabled": false})).await;
    assert_eq!(
        payloads(&alice, second, 2).await,
        [json!({"n": 1}), json!({"n": 2})]
    );
}

async fn what_waits_is_dropped(engine: Engine) {
    let (agent, _) = picky().await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Picky", json!({})).await;
    let second = make(
        &alice,
        "Picky",
        json!({"sources": [first], "disabled": true}),
    )
    .await;
    emit(&alice, first, json!({"n": 1})).await;
    let path = format!("/api/v1/agents/{second}/deliveries");
    alice.delete(&path).await.ok();
    assert_eq!(alice.get(&path).await.ok(), json!([]));
    emit(&alice, first, json!({"n": 2})).await;
    let afresh = json!({"disabled": false, "drop_pending_messages": true});
    patch(&alice, second, afresh).await;
    emit(&alice, first, json!({"n": 3})).await;
    assert_eq!(payloads(&alice, second, 1).await, [json!({"n": 3})]);
}

async fn memory_that_is_set_meanwhile_is_not_lost(engine: Engine) {
    let agent = FakeAgent::start("Slow", |call| {
        if call["params"]["memory"]["set"] == true {
            return Does::Answers(json!({"messages": [call["params"]["memory"]]}));
        }
        Does::Hangs
    })
    .await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let slow = make(&alice, "Slow", json!({})).await;
    super::run(&alice, slow).await;
    agent.wait_for_calls(1).await;
    let path = format!("/api/v1/agents/{slow}/memory");
    let body = json!({"memory": {"set": true}});
    let put = alice.request(reqwest::Method::PUT, &path).json(&body);
    switchboard_testkit::chat::send(put).await.ok();
    assert_eq!(payloads(&alice, slow, 1).await, [json!({"set": true})]);
    assert_eq!(memory(&alice, slow).await, json!({"set": true}));
    let calls = agent.calls();
    assert_eq!(calls.len(), 2, "the call is made anew");
}
