//! Stopping what runs in a session.

use super::{Room, ask, clocked_server_with, content, fake, kinds, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use std::time::Duration;
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    a_stop_cancels_the_call_in_flight,
    everybody_sees_one_stop,
    a_second_stop_changes_nothing,
    a_stop_while_nothing_runs_does_nothing,
    deleting_a_session_cancels_the_call_in_flight,
    a_session_that_expires_cancels_the_call_in_flight,
);

fn hangs_once() -> Vec<Plan> {
    vec![Plan::Hang(vec!["so far".into()]), Plan::answer("whole")]
}

async fn a_stop_cancels_the_call_in_flight(engine: Engine) {
    let provider = FakeProvider::start(hangs_once()).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    provider.asked(1).await;
    socket.stop().await;
    let stop = socket.expect("stop").await;
    assert_eq!(
        stop["metadata"],
        json!({"role": "system", "reason": "stopped_by_user", "seq": 2})
    );
    provider.client_gone().await;
    assert_eq!(content(&ask(&mut socket, "again").await), "whole");
}

async fn everybody_sees_one_stop(engine: Engine) {
    let provider = FakeProvider::start(hangs_once()).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let (mut speaker, mut stopper) = (room.enter().await, room.enter().await);
    speaker.say("hello").await;
    provider.asked(1).await;
    stopper.stop().await;
    let stop = speaker.expect("stop").await;
    stopper.expect("text").await;
    assert_eq!(stopper.expect("stop").await, stop);
    ask(&mut speaker, "again").await;
    assert_eq!(
        kinds(&room.transcript().await),
        ["text", "stop", "text", "response"]
    );
}

async fn a_second_stop_changes_nothing(engine: Engine) {
    let provider = FakeProvider::start(hangs_once()).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    provider.asked(1).await;
    socket.stop().await;
    socket.stop().await;
    socket.expect("stop").await;
    assert_eq!(content(&ask(&mut socket, "again").await), "whole");
}

async fn a_stop_while_nothing_runs_does_nothing(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    socket.stop().await;
    ask(&mut socket, "hello").await;
    socket.stop().await;
    ask(&mut socket, "again").await;
    assert_eq!(
        kinds(&room.transcript().await),
        ["text", "response", "text", "response"]
    );
}

async fn deleting_a_session_cancels_the_call_in_flight(engine: Engine) {
    let provider = FakeProvider::start(hangs_once()).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    provider.asked(1).await;
    room.delete().await;
    provider.client_gone().await;
    assert_eq!(socket.closed().await.0, 4002);
    assert_eq!(kinds(&room.transcript().await), ["text", "stop"]);
}

async fn a_session_that_expires_cancels_the_call_in_flight(engine: Engine) {
    let provider = FakeProvider::start(hangs_once()).await;
    let (server, clock) =
        clocked_server_with(engine, &provider, &[("LIMITS_SESSION_LIFETIME_S", "20")]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    provider.asked(1).await;
    clock.advance(Duration::from_secs(20));
    provider.client_gone().await;
    assert_eq!(socket.closed().await.0, 4002);
    assert_eq!(kinds(&room.transcript().await), ["text", "system"]);
}
