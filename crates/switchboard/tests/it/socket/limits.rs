//! How much a client may send.

use super::{Room, ask, content, frames, members};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use std::time::Duration;
use switchboard_testkit::socket::{Came, Socket};

on_both_stores!(
    over_60_texts_a_minute_a_text_is_dropped,
    the_limit_is_the_users_and_not_the_connections,
    far_too_many_frames_of_any_kind_are_a_flood,
    a_session_with_a_person_holds_so_many_messages,
    a_user_has_so_many_connections,
);

async fn expect_limited(socket: &mut Socket) -> u64 {
    let error = socket.expect("error").await;
    let metadata = &error["metadata"];
    assert_eq!(metadata["code"], "RATE_LIMITED");
    assert_eq!(
        members(metadata),
        ["code", "details", "retry_after", "role"]
    );
    metadata["retry_after"].as_u64().unwrap()
}

async fn over_60_texts_a_minute_a_text_is_dropped(engine: Engine) {
    let (server, clock) =
        Server::start_with_clock(engine, &[("LIMITS_WS_TEXTS_PER_MINUTE", "60")]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for n in 0..60 {
        ask(&mut socket, &n.to_string()).await;
    }
    socket.say_as("mine", "one too many").await;
    let error = socket.expect("error").await;
    let details = json!({"client_id": "mine", "retry_after": 1});
    let expected =
        json!({"role": "system", "code": "RATE_LIMITED", "details": details, "retry_after": 1});
    assert_eq!(error["metadata"], expected);
    clock.advance(Duration::from_secs(1));
    let answer = ask(&mut socket, "in time").await;
    assert_eq!(
        (content(&answer), &answer["metadata"]["seq"]),
        ("in time", &json!(122)),
        "the other was dropped"
    );
}

async fn the_limit_is_the_users_and_not_the_connections(engine: Engine) {
    let (server, _clock) =
        Server::start_with_clock(engine, &[("LIMITS_WS_TEXTS_PER_MINUTE", "3")]).await;
    let (here, there) = (
        Room::demo(&server, "echo").await,
        Room::demo(&server, "echo").await,
    );
    let (mut first, mut second, mut third) =
        (here.enter().await, here.enter().await, there.enter().await);
    ask(&mut first, "one").await;
    frames(&mut second, 2).await;
    ask(&mut second, "two").await;
    ask(&mut third, "three").await;
    second.say("four").await;
    assert_eq!(expect_limited(&mut second).await, 20);
    third.say("five").await;
    expect_limited(&mut third).await;
    let body = json!({"session_type": "human_agent", "agents": {"primary": {"provider": "demo"}}});
    let his = Room::of(&server.login("bob").await, &body).await;
    ask(&mut his.enter().await, "bob is another").await;
}

async fn far_too_many_frames_of_any_kind_are_a_flood(engine: Engine) {
    let (server, _clock) =
        Server::start_with_clock(engine, &[("LIMITS_WS_TEXTS_PER_MINUTE", "2")]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for _ in 0..7 {
        socket.send(&json!({"type": "pong"})).await;
    }
    assert_eq!(socket.why_closed().await, (4004, "rate_limited".into()));
    ask(&mut room.enter().await, "a new connection is welcome").await;
}

async fn a_session_with_a_person_holds_so_many_messages(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_MESSAGES_PER_SESSION", "4")]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    ask(&mut socket, "one").await;
    ask(&mut socket, "two").await;
    socket.say_as("mine", "three").await;
    let error = socket.expect("error").await;
    let expected =
        json!({"role": "system", "code": "MESSAGE_LIMIT", "details": {"client_id": "mine"}});
    assert_eq!(error["metadata"], expected);
    assert_eq!(room.transcript().await.len(), 4);
}

async fn a_user_has_so_many_connections(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_CONNECTIONS_PER_USER", "2")]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let (one, other) = (
        alice.demo_session("echo").await,
        alice.demo_session("echo").await,
    );
    let mut first = alice.connect(&one, "").await;
    let mut second = alice.connect(&other, "").await;
    ask(&mut first, "1").await;
    ask(&mut second, "2").await;
    let mut third = alice.connect(&other, "").await;
    let too_many = (4004, "too_many_connections".to_owned());
    assert_eq!(third.why_closed().await, too_many);
    let bobs = bob.demo_session("echo").await;
    ask(&mut bob.connect(&bobs, "").await, "3").await;
    // The place is free once the server has seen that the first is gone.
    first.close().await;
    loop {
        let mut again = alice.connect(&one, "").await;
        again.say("4").await;
        match again.came().await {
            Came::Frame(frame) => break assert_eq!(frame["type"], "response"),
            came => assert_eq!(came, Came::Closed(too_many.0, too_many.1.clone())),
        }
    }
}
