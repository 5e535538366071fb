//! Messages that go through linked agents.

use super::{emit, make, memory, patch, payloads, run, start, until};
use crate::support::{Engine, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::agent::{Does, FakeAgent};

on_both_stores!(
    messages_go_through_linked_agents,
    a_link_brings_no_older_messages,
    a_loop_goes_round,
    what_an_agent_is_sent,
);

/// An agent that counts what it receives in its memory, and passes it on.
async fn counter() -> FakeAgent {
    FakeAgent::start("Counter", |call| {
        let count = call["params"]["memory"]["count"].as_i64().unwrap_or(0) + 1;
        let payload = &call["params"]["message"]["payload"];
        Does::Answers(json!({
            "memory": {"count": count},
            "messages": [{"count": count, "of": payload}],
            "logs": [format!("count {count}")],
            "errors": null,
        }))
    })
    .await
}

async fn messages_go_through_linked_agents(engine: Engine) {
    let counter = counter().await;
    let server = start(engine, &[&counter]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Agents::Counter", json!({"name": "first"})).await;
    let second = make(&alice, "Counter", json!({"sources": [first]})).await;
    let third = make(&alice, "Counter", json!({"sources": [second, first]})).await;
    for n in 0..5 {
        emit(&alice, first, json!({"n": n})).await;
    }
    let seen = payloads(&alice, second, 5).await;
    let wanted = (0..5).map(|n| json!({"count": n + 1, "of": {"n": n}}));
    assert_eq!(seen, wanted.collect::<Vec<Value>>());
    payloads(&alice, third, 10).await;
    assert_eq!(memory(&alice, third).await, json!({"count": 10}));
    let agents = alice.get("/api/v1/agents").await.ok();
    let expected = json!([
        {"id": third, "name": "Counter", "type": "Agents::Counter", "messages_count": 10,
         "disabled": false, "sources": [{"id": first}, {"id": second}]},
        {"id": second, "name": "Counter", "type": "Agents::Counter", "messages_count": 5,
         "disabled": false, "sources": [{"id": first}]},
        {"id": first, "name": "first", "type": "Agents::Counter", "messages_count": 5,
         "disabled": false, "sources": []},
    ]);
    assert_eq!(agents, expected);
    let path = format!("/api/v1/agents/{second}/logs");
    let logs = until(&alice, &path, |logs| logs[4].is_object()).await;
    assert_eq!(
        (&logs[0]["level"], &logs[0]["message"]),
        (&json!(3), &json!("count 5"))
    );
    assert!(logs[0]["inbound_message_id"].is_i64());
}

async fn a_link_brings_no_older_messages(engine: Engine) {
    let counter = counter().await;
    let server = start(engine, &[&counter]).await;
    let alice = server.login("alice").await;
    let (first, second) = (
        make(&alice, "Counter", json!({})).await,
        make(&alice, "Counter", json!({})).await,
    );
    emit(&alice, first, json!({"n": 0})).await;
    patch(&alice, first, json!({"receivers": [second]})).await;
    emit(&alice, first, json!({"n": 1})).await;
    assert_eq!(payloads(&alice, second, 1).await[0]["of"], json!({"n": 1}));
    patch(&alice, second, json!({"sources": []})).await;
    emit(&alice, first, json!({"n": 2})).await;
    run(&alice, second).await;
    let seen = payloads(&alice, second, 2).await;
    assert_eq!(seen[1], json!({"count": 2, "of": null}));
}

async fn a_loop_goes_round(engine: Engine) {
    let agent = FakeAgent::start("Loop", |call| {
        let left = call["params"]["message"]["payload"]["left"]
            .as_i64()
            .unwrap_or(0);
        let messages = if left > 0 {
            json!([{"left": left - 1}])
        } else {
            json!([])
        };
        Does::Answers(json!({"messages": messages}))
    })
    .await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let one = make(&alice, "Loop", json!({})).await;
    let two = make(
        &alice,
        "Loop",
        json!({"sources": [one], "receivers": [one]}),
    )
    .await;
    patch(&alice, two, json!({"receivers": [one, two]})).await;
    emit(&alice, one, json!({"left": 3})).await;
    // 3 to two; 2 from it to both; and so on: twice as many each time, from the second on.
    agent.wait_for_calls(1).await;
    payloads(&alice, two, 3).await;
}

async fn what_an_agent_is_sent(engine: Engine) {
    let counter = counter().await;
    let server = start(engine, &[&counter]).await;
    let alice = server.login("alice").await;
    let first = make(&alice, "Counter", json!({"keep_messages_for": 60})).await;
    let options = json!({"a": [1, {"b": null}]});
    let more = json!({"sources": [first], "options": options});
    let second = make(&alice, "Counter", more).await;
    run(&alice, first).await;
    counter.wait_for_calls(2).await;
    let calls = counter.calls();
    assert_eq!(
        calls[0].body,
        json!({"method": "check", "params": {
            "message": null, "options": {"made_by": "the type"}, "memory": {}, "credentials": [],
        }})
    );
    let message = &calls[1].body["params"]["message"];
    assert_eq!(calls[1].method(), "receive");
    assert_eq!(calls[1].body["params"]["options"], options);
    assert_eq!(message["agent_id"], first);
    assert_eq!(message["payload"], json!({"count": 1, "of": null}));
    assert_eq!(message["created_at"], message["updated_at"]);
    assert!(message["user_id"].is_i64() && message["expires_at"].is_string());
    let stored = alice
        .get(&format!("/api/v1/messages/{}", message["id"]))
        .await
        .ok();
    assert_eq!(stored["payload"], message["payload"]);
    payloads(&alice, second, 1).await;
}
