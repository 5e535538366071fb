//! Calls of models that fail or take too long.

use super::{Room, ask, clocked_server_with, content, fake, frames, kinds, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use std::time::Duration;
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    a_call_that_fails_for_good_is_told_and_not_repeated,
    a_provider_that_keeps_failing_is_given_up,
    a_call_that_takes_too_long_is_given_up,
    a_call_that_stalls_in_the_middle_is_given_up,
    texts_behind_a_failed_one_are_answered,
);

const TIME_LIMIT: Duration = Duration::from_secs(25);

async fn a_call_that_fails_for_good_is_told_and_not_repeated(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::Fail(401), Plan::answer("better")]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    let error = socket.expect("error").await;
    let expected =
        json!({"role": "system", "code": "PROVIDER_ERROR", "details": {}, "reply_to": 1, "seq": 2});
    assert_eq!(error["metadata"], expected);
    assert_eq!(provider.requests().len(), 1);
    assert_eq!(content(&ask(&mut socket, "again").await), "better");
}

async fn a_provider_that_keeps_failing_is_given_up(engine: Engine) {
    let plans = [vec![Plan::Fail(503); 4], vec![Plan::answer("better")]].concat();
    let provider = FakeProvider::start(plans).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    assert_eq!(
        socket.expect("error").await["metadata"]["code"],
        "PROVIDER_ERROR"
    );
    assert_eq!(provider.requests().len(), 4);
    assert_eq!(content(&ask(&mut socket, "again").await), "better");
}

async fn a_call_that_takes_too_long_is_given_up(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "script").await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("say so far\nfail timeout").await;
    // The piece shows that the call has begun.
    socket.expect("info").await;
    clock.advance(TIME_LIMIT);
    let error = socket.expect("error").await;
    assert_eq!(content(&error), "Processing timeout");
    let expected = json!({"role": "system", "code": "PROCESSING_TIMEOUT", "details": {}, "reply_to": 1, "seq": 2});
    assert_eq!(error["metadata"], expected);
    socket.say("say on").await;
    let (answer, _) = socket.until("response").await;
    assert_eq!(content(&answer), "on");
}

async fn a_call_that_stalls_in_the_middle_is_given_up(engine: Engine) {
    let provider = FakeProvider::start(vec![
        Plan::Hang(vec!["so far".into()]),
        Plan::answer("whole"),
    ])
    .await;
    let (server, clock) = clocked_server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("hello").await;
    socket.expect("info").await;
    clock.advance(TIME_LIMIT);
    assert_eq!(content(&socket.expect("error").await), "Processing timeout");
    provider.client_gone().await;
    socket.say("again").await;
    let (answer, _) = socket.until("response").await;
    assert_eq!(content(&answer), "whole");
}

async fn texts_behind_a_failed_one_are_answered(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_MODEL_TIMEOUT_S", "1")]).await;
    let room = Room::demo(&server, "script").await;
    let mut socket = room.enter().await;
    for text in ["fail timeout", "say one", "say two"] {
        socket.say(text).await;
    }
    let seen = frames(&mut socket, 3).await;
    assert_eq!(kinds(&seen), ["error", "response", "response"]);
    let about: Vec<_> = seen
        .iter()
        .map(|frame| frame["metadata"]["reply_to"].as_u64().unwrap())
        .collect();
    assert_eq!(about, [1, 2, 3]);
}
