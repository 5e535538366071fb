//! Two agents talk by themselves, if asked to at the creation.

use serde_json::{Value, json};

use super::messages;
use crate::{
    rest::{demo, dialogue, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_dialogue_can_start_with_its_session,
    only_a_dialogue_starts_by_itself,
);

async fn a_dialogue_can_start_with_its_session(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_TURNS_PER_AGENT", "1")]).await;
    let alice = server.login("alice").await;
    let mut body = dialogue("echo");
    body["metadata"] = json!({"auto_start": "Begin."});
    let session = alice.create(&body).await;
    let mut socket = alice.connect(&session, "?after=0").await;
    let mut seen: Vec<Value> = Vec::new();
    while seen.last().is_none_or(|last| last["type"] != "stop") {
        seen.push(socket.frame().await);
    }
    let page = messages(&alice, &session, "").await.ok();
    assert_eq!(page["messages"], json!(seen));
    assert_eq!(seen[0]["type"], "text");
    assert_eq!(seen[0]["content"], "Begin.");
    assert_eq!(seen[0]["sender"], format!("ai1_{session}"));
    assert_eq!(seen[0]["receiver"], format!("ai2_{session}"));
    assert_eq!(seen[1]["sender"], format!("ai2_{session}"));
    assert_eq!(
        seen.last().unwrap()["metadata"]["reason"],
        "max_turns_reached"
    );
}

async fn only_a_dialogue_starts_by_itself(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let mut with_person = with_person(&demo("echo"));
    with_person["metadata"] = json!({"auto_start": "Begin."});
    let mut no_text = dialogue("echo");
    no_text["metadata"] = json!({"auto_start": true});
    for body in [with_person, no_text] {
        let session = alice.create(&body).await;
        assert_eq!(
            messages(&alice, &session, "").await.ok()["messages"],
            json!([])
        );
    }
}
