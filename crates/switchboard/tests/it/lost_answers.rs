//! The answer to a commit is lost, although it happened: nothing is doubled, and nothing stays
//! behind in a lane that nobody works on.

use std::time::Duration;

use switchboard_testkit::{chat::ChatClient, clock::TestClock, socket::Socket};

use crate::support::{Engine, Server, on_both_stores};

on_both_stores!(
    a_text_whose_storing_was_not_confirmed_is_answered_once,
    an_answer_whose_storing_was_not_confirmed_is_given_once,
);

/// More than half of the lease time: after two such steps a lane that nobody works on is given back.
const STEP: Duration = Duration::from_secs(8);

async fn start(engine: Engine) -> (Server, TestClock, ChatClient) {
    let (server, clock) = Server::start_with_clock(engine, &[("LEASE_S", "15")]).await;
    let alice = server.login("alice").await;
    (server, clock, alice)
}

/// Moves the clock until an answer comes. Whoever sleeps wakes up in between.
async fn answer(clock: &TestClock, socket: &mut Socket) -> serde_json::Value {
    let mut answer = Box::pin(socket.expect("response"));
    for _ in 0..1000 {
        if let Ok(answer) = tokio::time::timeout(Duration::from_millis(100), &mut answer).await {
            return answer;
        }
        clock.advance(STEP);
    }
    panic!("no answer");
}

async fn a_text_whose_storing_was_not_confirmed_is_answered_once(engine: Engine) {
    let (server, clock, alice) = start(engine).await;
    let session = alice.demo_session("echo").await;
    let mut socket = alice.connect(&session, "").await;
    server.losing.lose_next();
    socket.say_as("one", "hello").await;
    // The text is stored all the same, and its acknowledgement is read back from the rows.
    let (mut refused, mut acknowledged) = (false, false);
    while !(refused && acknowledged) {
        let frame = socket.frame().await;
        refused |= frame["metadata"]["code"] == "INTERNAL_ERROR";
        acknowledged |= frame["metadata"]["ack"] == "one";
    }
    let response = answer(&clock, &mut socket).await;
    assert_eq!(response["content"], "hello");
    socket.say("next").await;
    assert_eq!(answer(&clock, &mut socket).await["content"], "next");
}

async fn an_answer_whose_storing_was_not_confirmed_is_given_once(engine: Engine) {
    let (server, clock, alice) = start(engine).await;
    let session = alice.demo_session("script").await;
    let mut socket = alice.connect(&session, "?stream=1").await;
    socket.say_as("one", "say now\ndelay 1000\nsay later").await;
    assert_eq!(socket.expect("info").await["metadata"]["ack"], "one");
    assert_eq!(socket.expect("info").await["metadata"]["delta"], "now");
    socket.say_as("two", "say second").await;
    assert_eq!(socket.expect("info").await["metadata"]["ack"], "two");
    server.losing.lose_next();
    clock.advance(Duration::from_secs(1));
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let mut frame = Box::pin(socket.frame());
        let frame = loop {
            if let Ok(frame) = tokio::time::timeout(Duration::from_millis(100), &mut frame).await {
                break frame;
            }
            clock.advance(STEP);
        };
        if frame["type"] == "response" {
            answers.push(frame["content"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(answers, ["now\nlater", "second"]);
}
