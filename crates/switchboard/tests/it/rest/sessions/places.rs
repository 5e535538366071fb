//! How many sessions a user may have, and how fast they may be made.

use std::time::Duration;

use serde_json::json;

use super::{get, listed, messages};
use crate::{
    rest::{CREATE, demo, dialogue, enter, refused, retry_after, too_often, with_person},
    support::{Engine, Server, on_both_stores},
};

/// An empty variable leaves a setting at its default.
const DEFAULT: (&str, &str) = ("LIMITS_SESSIONS_PER_USER", "");

on_both_stores!(
    at_five_sessions_the_oldest_idle_one_makes_room,
    sessions_with_somebody_connected_are_kept,
    a_session_in_which_something_runs_is_kept,
    other_users_have_places_of_their_own,
    refused_sessions_end_no_others,
    of_many_at_once_no_more_than_five_stay,
    five_creations_a_minute_then_one_every_twelve_seconds,
);

async fn at_five_sessions_the_oldest_idle_one_makes_room(engine: Engine) {
    let server = Server::start(engine, &[DEFAULT]).await;
    let alice = server.login("alice").await;
    let mut sessions = Vec::new();
    for _ in 0..6 {
        sessions.push(alice.demo_session("echo").await);
    }
    assert_eq!(listed(&alice).await, sessions[1..]);
    refused(&get(&alice, &sessions[0]).await, 404);
    let page = messages(&alice, &sessions[0], "").await.ok();
    assert_eq!(page["messages"][0]["type"], "system");
    assert_eq!(
        page["messages"][0]["metadata"]["notice"],
        "session_replaced"
    );
}

async fn sessions_with_somebody_connected_are_kept(engine: Engine) {
    let server = Server::start(engine, &[DEFAULT]).await;
    let alice = server.login("alice").await;
    let (mut sessions, mut sockets) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        sessions.push(alice.demo_session("echo").await);
    }
    for session in &sessions {
        sockets.push(enter(&alice, session).await);
    }
    let answer = alice.post(CREATE, &with_person(&demo("echo"))).await;
    refused(&answer, 429);
    assert!(retry_after(&answer) >= 1);
    assert_eq!(listed(&alice).await, sessions);
    alice
        .delete(&format!("/api/chat/sessions/{}", sessions[2]))
        .await
        .ok();
    alice.demo_session("echo").await;
    for kept in [0, 1, 3, 4] {
        get(&alice, &sessions[kept]).await.ok();
    }
}

async fn a_session_in_which_something_runs_is_kept(engine: Engine) {
    let limit = [("LIMITS_SESSIONS_PER_USER", "1")];
    let (server, _clock) = Server::start_with_clock(engine, &limit).await;
    let alice = server.login("alice").await;
    let mut body = dialogue("script");
    body["metadata"] = json!({"auto_start": "delay 20000"});
    let busy = alice.create(&body).await;
    refused(&alice.post(CREATE, &with_person(&demo("echo"))).await, 429);
    get(&alice, &busy).await.ok();
}

async fn other_users_have_places_of_their_own(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_SESSIONS_PER_USER", "1")]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let session = alice.demo_session("echo").await;
    bob.demo_session("echo").await;
    get(&alice, &session).await.ok();
}

async fn refused_sessions_end_no_others(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_SESSIONS_PER_USER", "1")]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    refused(
        &alice
            .post(CREATE, &with_person(&json!({"provider": "nobody"})))
            .await,
        422,
    );
    refused(
        &alice
            .post(CREATE, &with_person(&json!({"provider": "groq"})))
            .await,
        400,
    );
    get(&alice, &session).await.ok();
}

async fn of_many_at_once_no_more_than_five_stay(engine: Engine) {
    let server = Server::start(engine, &[DEFAULT]).await;
    let alice = server.login("alice").await;
    let creations = (0..12).map(|_| alice.demo_session("echo"));
    let mut made = futures::future::join_all(creations).await;
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 12);
    assert_eq!(listed(&alice).await.len(), 5);
}

async fn five_creations_a_minute_then_one_every_twelve_seconds(engine: Engine) {
    let limit = [("LIMITS_SESSION_CREATE_PER_MINUTE", "")];
    let (server, clock) = Server::start_with_clock(engine, &limit).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    for _ in 0..5 {
        alice.demo_session("echo").await;
    }
    let create = async || alice.post(CREATE, &with_person(&demo("echo"))).await;
    assert_eq!(too_often(&create().await), 12);
    bob.demo_session("echo").await;
    clock.advance(Duration::from_secs(12));
    create().await.ok();
    too_often(&create().await);
    assert_eq!(listed(&alice).await.len(), 6);
}
