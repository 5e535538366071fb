//! Reading sessions.

use std::time::Duration;

use super::{delete, get, listed, messages};
use crate::{
    rest::{SESSIONS, is_time, members, refused, too_often},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_list_has_ones_own_sessions_oldest_first,
    sessions_of_others_are_forbidden_and_unchanged,
    what_is_no_session_is_not_found,
    ten_questions_a_minute_of_each_user,
);

async fn a_list_has_ones_own_sessions_oldest_first(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(alice.demo_session("echo").await);
        bob.demo_session("echo").await;
    }
    assert_eq!(listed(&alice).await, own);
    let list = alice.get(SESSIONS).await.ok();
    members(&list, &["sessions", "timestamp", "total_count"]);
    is_time(&list["timestamp"]);
    assert_eq!(list["sessions"][1], get(&alice, &own[1]).await.ok());
}

async fn sessions_of_others_are_forbidden_and_unchanged(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let session = alice.demo_session("echo").await;
    let before = get(&alice, &session).await.ok();
    for answer in [
        get(&bob, &session).await,
        delete(&bob, &session).await,
        messages(&bob, &session, "").await,
        get(&server.login("root").await, &session).await,
    ] {
        assert_eq!(
            refused(&answer, 403),
            "Not authorized to access this session"
        );
    }
    assert_eq!(get(&alice, &session).await.ok(), before);
}

async fn what_is_no_session_is_not_found(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let real = alice.demo_session("echo").await;
    let long = "x".repeat(5000);
    let odd = [
        "session_00000000000000000000000000000000",
        "session_",
        "nonsense",
        "1",
        "%00",
        "%FF",
        "..%2F..%2Fetc%2Fpasswd",
        "%27%20OR%201=1--",
        "💥",
        &real.to_uppercase(),
        &real[..real.len() - 1],
        &real["session_".len()..],
        &long,
    ];
    for id in odd {
        for answer in [
            get(&alice, id).await,
            delete(&alice, id).await,
            messages(&alice, id, "").await,
        ] {
            // A segment that is no text cannot be an id either.
            assert!([400, 404].contains(&answer.status), "{id}: {}", answer.text);
            assert!(answer.status == 404 || id == "%FF", "{id}: {}", answer.text);
            refused(&answer, answer.status);
        }
    }
    get(&alice, &real).await.ok();
}

async fn ten_questions_a_minute_of_each_user(engine: Engine) {
    let (server, clock) =
        Server::start_with_clock(engine, &[("LIMITS_SESSION_QUERY_PER_MINUTE", "")]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let session = alice.demo_session("echo").await;
    for _ in 0..3 {
        get(&alice, &session).await.ok();
        alice.get(SESSIONS).await.ok();
        messages(&alice, &session, "").await.ok();
    }
    get(&server.login("alice").await, &session).await.ok();
    for answer in [
        get(&alice, &session).await,
        alice.get(SESSIONS).await,
        messages(&alice, &session, "").await,
        delete(&alice, &session).await,
    ] {
        assert_eq!(too_often(&answer), 6);
    }
    bob.get(SESSIONS).await.ok();
    clock.advance(Duration::from_secs(6));
    get(&alice, &session).await.ok();
    too_often(&get(&alice, &session).await);
}
