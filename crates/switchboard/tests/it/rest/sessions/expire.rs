//! A session lives for a while, and then its transcript stays.

use std::time::Duration;

use super::{delete, get, listed, messages};
use crate::{
    rest::refused,
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(an_expired_session_says_so_and_can_still_be_read);

async fn an_expired_session_says_so_and_can_still_be_read(engine: Engine) {
    let settings = [
        ("LIMITS_SESSION_LIFETIME_S", ""),
        ("ACCESS_TOKEN_S", "100000"),
    ];
    let (server, clock) = Server::start_with_clock(engine, &settings).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    let mut socket = alice.connect(&session, "").await;
    socket.say("Hello!").await;
    socket.expect("response").await;
    // In steps, so that nobody is taken for silent.
    for _ in 0..360 {
        clock.advance(Duration::from_secs(10));
        socket.send(&serde_json::json!({"type": "pong"})).await;
        if get(&alice, &session).await.body["status"] == "expired" {
            break;
        }
    }
    let (code, frames) = socket.closed().await;
    assert_eq!(code, 4002);
    let last = frames.last().expect("a farewell");
    assert_eq!(
        (last["type"].as_str(), &last["metadata"]["notice"]),
        (Some("system"), &"session_expired".into())
    );
    let expired = get(&alice, &session).await.ok();
    assert_eq!(expired["status"], "expired");
    assert_eq!(expired["agents"]["primary"]["status"], "inactive");
    assert_eq!(listed(&alice).await, std::slice::from_ref(&session));
    let page = messages(&alice, &session, "").await.ok();
    assert_eq!(page["messages"].as_array().unwrap().len(), 3);
    let gone = delete(&alice, &session).await.ok();
    assert_eq!(gone["status"], "success");
    refused(&get(&alice, &session).await, 404);
    refused(&delete(&alice, &session).await, 404);
    assert!(listed(&alice).await.is_empty());
    let after = messages(&alice, &session, "").await.ok();
    assert_eq!(
        after["messages"], page["messages"],
        "it has had its last event"
    );
}
