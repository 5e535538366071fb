//! Unregistering agents.

use serde_json::json;

use super::{LIST, capabilities, inbox, register, status, tell, unregister};
use crate::{
    rest::{is_time, members, refused, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    an_unregistered_agent_is_gone,
    in_a_session_it_is_missed_and_the_session_lives,
);

async fn an_unregistered_agent_is_gone(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let (agent, other) = (
        register(&alice, json!({})).await,
        register(&alice, json!({})).await,
    );
    assert_eq!(
        refused(&unregister(&bob, &agent).await, 403),
        "Not authorized to access this agent"
    );
    let gone = unregister(&alice, &agent).await.ok();
    members(&gone, &["agent_id", "status", "timestamp"]);
    is_time(&gone["timestamp"]);
    assert_eq!(
        (&gone["agent_id"], &gone["status"]),
        (&json!(agent), &json!("unregistered"))
    );
    for answer in [
        unregister(&alice, &agent).await,
        status(&alice, &agent).await,
        capabilities(&alice, &agent).await,
        inbox(&alice, &agent, "").await,
        tell(&alice, &agent, &other, "Hello!").await,
        tell(&alice, &other, &agent, "Hello!").await,
    ] {
        assert_eq!(refused(&answer, 404), "Agent not found");
    }
    assert_eq!(alice.get(LIST).await.ok()["total_count"], 1);
}

async fn in_a_session_it_is_missed_and_the_session_lives(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let agent = register(&alice, json!({})).await;
    let session = alice
        .create(&with_person(&json!({"provider": "agent", "model": agent})))
        .await;
    unregister(&alice, &agent).await.ok();
    let mut socket = alice.connect(&session, "").await;
    socket.say("Are you there?").await;
    let error = socket.expect("error").await;
    assert_eq!(error["metadata"]["code"], "AGENT_UNAVAILABLE");
    socket.say("Hello?").await;
    socket.expect("error").await;
    alice
        .get(&format!("/api/chat/sessions/{session}"))
        .await
        .ok();
}
