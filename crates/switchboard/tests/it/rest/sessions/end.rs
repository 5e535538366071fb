//! Deleting a session.

use serde_json::json;

use super::{delete, get, listed, messages};
use crate::{
    rest::{CREATE, demo, enter, refused, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_deleted_session_is_gone_and_its_transcript_stays,
    who_is_connected_is_told,
    deleting_frees_a_place,
    deleting_ends_what_runs,
);

async fn a_deleted_session_is_gone_and_its_transcript_stays(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    let mut socket = alice.connect(&session, "").await;
    socket.say("Hello!").await;
    socket.expect("response").await;
    let gone = json!({"status": "success", "message": "Session ended"});
    assert_eq!(delete(&alice, &session).await.ok(), gone);
    assert_eq!(
        refused(&delete(&alice, &session).await, 404),
        "Session not found"
    );
    assert_eq!(
        refused(&get(&alice, &session).await, 404),
        "Session not found"
    );
    assert!(listed(&alice).await.is_empty());
    let page = messages(&alice, &session, "").await.ok();
    let kinds: Vec<_> = page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(kinds, ["text", "response", "stop"]);
    assert_eq!(page["messages"][2]["metadata"]["reason"], "session_deleted");
    refused(
        &messages(&server.login("bob").await, &session, "").await,
        403,
    );
}

async fn who_is_connected_is_told(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    let mut socket = enter(&alice, &session).await;
    delete(&alice, &session).await.ok();
    let (code, frames) = socket.closed().await;
    assert_eq!((code, frames.len()), (4002, 1));
    assert_eq!(frames[0]["metadata"]["reason"], "session_deleted");
    assert_eq!(
        alice.connect(&session, "").await.closed().await,
        (4002, Vec::new())
    );
}

async fn deleting_frees_a_place(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_SESSIONS_PER_USER", "1")]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    let _socket = enter(&alice, &session).await;
    refused(&alice.post(CREATE, &with_person(&demo("echo"))).await, 429);
    delete(&alice, &session).await.ok();
    alice.demo_session("echo").await;
}

async fn deleting_ends_what_runs(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("script").await;
    let mut socket = alice.connect(&session, "").await;
    socket.say_as("1", "delay 20000\nsay late").await;
    socket.expect("info").await;
    delete(&alice, &session).await.ok();
    assert_eq!(socket.closed().await.0, 4002);
    let page = messages(&alice, &session, "").await.ok();
    let kinds: Vec<_> = page["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["type"])
        .collect();
    assert_eq!(kinds, ["text", "stop"]);
}
