//! Agents talk to each other outside of sessions.

use serde_json::{Value, json};
use switchboard_testkit::{PATIENCE, chat::ChatClient};
use tokio::time::timeout;

use super::{inbox, number, register, status, tell};
use crate::{
    rest::{is_time, members, refused, refused_at},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    an_answer_comes_back_to_the_sender_and_goes_no_further,
    structured_data_travels_along,
    only_the_owner_sends_and_reads,
    shared_agents_can_be_told_things,
    a_failure_comes_back_too,
    an_inbox_is_read_by_cursor,
    wrong_members_are_named,
);

/// Reads an inbox until this many messages are there.
async fn wait_for(client: &ChatClient, agent: &str, count: usize) -> Vec<Value> {
    let read = async {
        loop {
            let page = inbox(client, agent, "").await.ok();
            let messages = page["messages"].as_array().unwrap().clone();
            if messages.len() >= count {
                return messages;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, read)
        .await
        .expect("the messages come in time")
}

async fn an_answer_comes_back_to_the_sender_and_goes_no_further(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let (ada, bo) = (
        register(&alice, json!({})).await,
        register(&alice, json!({})).await,
    );
    let sent = tell(&alice, &ada, &bo, "Six times seven?").await.ok();
    members(
        &sent,
        &["message_id", "receiver", "sender", "status", "timestamp"],
    );
    is_time(&sent["timestamp"]);
    assert!(!sent["message_id"].as_str().unwrap().is_empty());
    assert_eq!(
        (&sent["status"], &sent["sender"], &sent["receiver"]),
        (&json!("sent"), &json!(ada), &json!(bo))
    );
    let to_ada = wait_for(&alice, &ada, 1).await;
    let to_bo = wait_for(&alice, &bo, 1).await;
    let (answer, text) = (&to_ada[0], &to_bo[0]);
    assert_eq!(
        (&text["type"], &text["content"]),
        (&json!("text"), &json!("Six times seven?"))
    );
    assert_eq!(
        (&text["sender"], &text["timestamp"]),
        (&json!(ada), &sent["timestamp"])
    );
    assert_eq!(
        (&answer["type"], &answer["sender"]),
        (&json!("response"), &json!(bo))
    );
    assert_eq!(
        (&answer["receiver"], &answer["metadata"]["role"]),
        (&json!(ada), &json!("assistant"))
    );
    // The answer is where a second one would be: what follows it was caused by the next message.
    tell(&alice, &ada, &bo, "And eight?").await.ok();
    let to_ada = wait_for(&alice, &ada, 2).await;
    let contents = |messages: &[Value]| {
        messages
            .iter()
            .map(|it| it["content"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(contents(&to_ada), ["Six times seven?", "And eight?"]);
    assert_eq!(
        contents(&wait_for(&alice, &bo, 2).await),
        ["Six times seven?", "And eight?"]
    );
    assert_eq!(
        status(&alice, &ada).await.ok()["message_count"],
        0,
        "the sender is not called"
    );
    assert_eq!(status(&alice, &bo).await.ok()["message_count"], 2);
}

async fn structured_data_travels_along(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let (ada, bo) = (
        register(&alice, json!({})).await,
        register(&alice, json!({})).await,
    );
    let data = json!({"numbers": [6, 7.5, null], "nested": {"a": {"b": true}}});
    let body = json!({
        "receiver_id": bo, "content": "x", "message_type": "query", "structured_data": data,
        "metadata": {"trace": "t1", "role": "system", "seq": 99},
    });
    alice
        .post(&format!("/api/agents/{ada}/message"), &body)
        .await
        .ok();
    let came = &wait_for(&alice, &bo, 1).await[0];
    assert_eq!(came["metadata"]["structured_data"], data);
    assert_eq!(came["metadata"]["trace"], "t1");
    assert_eq!(came["metadata"]["message_type"], "query");
    assert_eq!(
        came["metadata"]["role"], "user",
        "nobody passes for somebody else"
    );
    assert_eq!(came["metadata"]["seq"], 1);
}

async fn only_the_owner_sends_and_reads(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let ada = register(&alice, json!({"shared": true})).await;
    let private = register(&alice, json!({})).await;
    let own = register(&bob, json!({})).await;
    for answer in [
        tell(&bob, &ada, &own, "I am Ada").await,
        tell(&bob, &private, &own, "x").await,
        tell(&bob, &own, &private, "x").await,
        inbox(&bob, &ada, "").await,
        inbox(&bob, &private, "").await,
    ] {
        assert_eq!(refused(&answer, 403), "Not authorized to access this agent");
    }
    assert_eq!(
        inbox(&alice, &private, "").await.ok()["messages"],
        json!([])
    );
}

async fn shared_agents_can_be_told_things(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let ada = register(&alice, json!({"shared": ["bob"]})).await;
    let own = register(&bob, json!({})).await;
    tell(&bob, &own, number(&ada), "Hello!").await.ok();
    assert_eq!(wait_for(&bob, &own, 1).await[0]["content"], "Hello!");
    assert_eq!(wait_for(&alice, &ada, 1).await[0]["sender"], json!(own));
}

async fn a_failure_comes_back_too(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let ada = register(&alice, json!({})).await;
    let broken = register(&alice, json!({"model": "no such model"})).await;
    tell(&alice, &ada, &broken, "Hello?").await.ok();
    let came = &wait_for(&alice, &ada, 1).await[0];
    assert_eq!(
        (&came["type"], &came["sender"]),
        (&json!("error"), &json!(broken))
    );
    assert_eq!(came["metadata"]["code"], "PROVIDER_ERROR");
}

async fn an_inbox_is_read_by_cursor(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let (ada, bo) = (
        register(&alice, json!({})).await,
        register(&alice, json!({})).await,
    );
    assert_eq!(inbox(&alice, &bo, "?after=0").await.ok()["next"], 0);
    for number in 0..5 {
        tell(&alice, &ada, &bo, &number.to_string()).await.ok();
    }
    let (mut read, mut after) = (Vec::new(), 0);
    for expected in [2, 2, 1, 0] {
        let page = inbox(&alice, &bo, &format!("?after={after}&limit=2"))
            .await
            .ok();
        members(&page, &["messages", "next", "timestamp"]);
        is_time(&page["timestamp"]);
        assert_eq!(page["messages"].as_array().unwrap().len(), expected);
        read.extend(
            page["messages"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["content"].clone()),
        );
        after = page["next"].as_i64().unwrap();
    }
    assert_eq!(read, ["0", "1", "2", "3", "4"]);
    for (name, value) in [
        ("after", "x"),
        ("after", "-1"),
        ("limit", "0"),
        ("limit", "1001"),
    ] {
        let answer = inbox(&alice, &bo, &format!("?{name}={value}")).await;
        refused_at(&answer, &[json!(["query", name])]);
    }
}

async fn wrong_members_are_named(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let ada = register(&alice, json!({})).await;
    let cases = [
        (json!({"content": "x"}), "receiver_id"),
        (json!({"receiver_id": ada}), "content"),
        (json!({"receiver_id": ada, "content": ""}), "content"),
        (json!({"receiver_id": 7, "content": "x"}), "receiver_id"),
        (
            json!({"receiver_id": ada, "content": "x", "structured_data": [1]}),
            "structured_data",
        ),
        (
            json!({"receiver_id": ada, "content": "x", "metadata": "y"}),
            "metadata",
        ),
    ];
    for (body, member) in cases {
        let answer = alice
            .post(&format!("/api/agents/{ada}/message"), &body)
            .await;
        refused_at(&answer, &[json!(["body", member])]);
    }
    assert_eq!(inbox(&alice, &ada, "").await.ok()["messages"], json!([]));
}
