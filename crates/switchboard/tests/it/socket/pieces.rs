//! Answers in pieces, and what a further attempt at an answer does to them.

use super::{Room, ask, content, fake, frames, kinds, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    pieces_add_up_to_the_answer_and_nothing_follows_it,
    pieces_are_seen_while_the_answer_is_being_made,
    pieces_come_only_to_who_wants_them,
    a_piece_says_what_it_belongs_to,
    a_busy_provider_is_asked_again,
    a_broken_provider_is_asked_again,
    an_answer_that_was_cut_off_is_made_again,
    pieces_of_a_dialogue_name_their_agent,
    a_stopped_answer_does_not_spoil_the_next,
    a_flood_of_pieces_sends_nobody_away,
);

fn together(pieces: &[Value]) -> String {
    pieces
        .iter()
        .map(|piece| piece["metadata"]["delta"].as_str().unwrap())
        .collect()
}

fn of_attempt(pieces: &[Value], attempt: u64) -> Vec<Value> {
    pieces
        .iter()
        .filter(|piece| piece["metadata"]["attempt"] == attempt)
        .cloned()
        .collect()
}

/// A provider whose answers come in three pieces, and end when the test lets them.
async fn piecewise(engine: Engine) -> (FakeProvider, Server, Room) {
    let pieces = ["In ", "three ", "pieces."].map(str::to_owned).to_vec();
    let provider = FakeProvider::start(vec![Plan::HeldEnd(pieces)]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    (provider, server, room)
}

async fn pieces_add_up_to_the_answer_and_nothing_follows_it(engine: Engine) {
    let (provider, _server, room) = piecewise(engine).await;
    let mut socket = room.enter_with("?stream=1").await;
    for about in [1, 3, 5] {
        socket.say("go").await;
        let pieces = frames(&mut socket, 3).await;
        provider.let_go();
        let answer = socket.expect("response").await;
        assert_eq!(together(&pieces), content(&answer));
        assert_eq!(answer["metadata"]["reply_to"], about);
    }
}

async fn pieces_are_seen_while_the_answer_is_being_made(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::Hang(vec!["so ".into(), "far".into()])]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("go").await;
    assert_eq!(together(&frames(&mut socket, 2).await), "so far");
}

async fn pieces_come_only_to_who_wants_them(engine: Engine) {
    let (provider, _server, room) = piecewise(engine).await;
    let (mut plain, mut streaming) = (room.enter().await, room.enter_with("?stream=1").await);
    plain.say("go").await;
    assert_eq!(
        kinds(&frames(&mut streaming, 4).await),
        ["text", "info", "info", "info"]
    );
    provider.let_go();
    assert_eq!(
        plain.expect("response").await,
        streaming.expect("response").await
    );
}

async fn a_piece_says_what_it_belongs_to(engine: Engine) {
    let (_provider, _server, room) = piecewise(engine).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("go").await;
    for (index, delta) in ["In ", "three ", "pieces."].into_iter().enumerate() {
        let piece = socket.frame().await;
        let expected = json!({
            "type": "info",
            "sender": room.agent(1),
            "timestamp": piece["timestamp"],
            "metadata": {"delta": delta, "index": index, "attempt": 1, "reply_to": 1},
        });
        assert_eq!(piece, expected);
    }
}

async fn a_busy_provider_is_asked_again(engine: Engine) {
    a_second_attempt_gives_one_whole_answer(engine, Plan::Fail(429)).await;
}

async fn a_broken_provider_is_asked_again(engine: Engine) {
    a_second_attempt_gives_one_whole_answer(engine, Plan::Fail(500)).await;
}

async fn an_answer_that_was_cut_off_is_made_again(engine: Engine) {
    a_second_attempt_gives_one_whole_answer(
        engine,
        Plan::Cut(vec!["a wrong ".into(), "beginning".into()]),
    )
    .await;
}

async fn a_second_attempt_gives_one_whole_answer(engine: Engine, first: Plan) {
    let right = Plan::Answer(vec!["right ".into(), "answer".into()]);
    let provider = FakeProvider::start(vec![first, right]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("go").await;
    let (answer, pieces) = socket.until("response").await;
    assert_eq!(content(&answer), "right answer");
    assert_eq!(together(&of_attempt(&pieces, 2)), "right answer");
    let attempts: Vec<u64> = pieces
        .iter()
        .map(|piece| piece["metadata"]["attempt"].as_u64().unwrap())
        .collect();
    assert!(
        attempts.is_sorted() && attempts.iter().all(|attempt| [1, 2].contains(attempt)),
        "{attempts:?}"
    );
    assert_eq!(provider.requests().len(), 2);
    assert_eq!(kinds(&room.transcript().await), ["text", "response"]);
}

async fn pieces_of_a_dialogue_name_their_agent(engine: Engine) {
    let plans = ["b1", "a1"]
        .map(|text| Plan::HeldEnd(vec![text.to_owned()]))
        .to_vec();
    let provider = FakeProvider::start(plans).await;
    let server = server_with(engine, &provider, &[("LIMITS_TURNS_PER_AGENT", "1")]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("go").await;
    for (place, text, about) in [(2, "b1", 1), (1, "a1", 2)] {
        let piece = socket.expect("info").await;
        assert_eq!(
            (&piece["sender"], &piece["metadata"]["delta"]),
            (&json!(room.agent(place)), &json!(text))
        );
        assert_eq!(piece["metadata"]["reply_to"], about);
        provider.let_go();
        assert_eq!(content(&socket.expect("response").await), text);
    }
    socket.expect("stop").await;
}

async fn a_stopped_answer_does_not_spoil_the_next(engine: Engine) {
    let plans = vec![
        Plan::Fail(500),
        Plan::Hang(vec!["so far".into()]),
        Plan::HeldEnd(vec!["whole".into()]),
    ];
    let provider = FakeProvider::start(plans).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("go").await;
    assert_eq!(socket.expect("info").await["metadata"]["attempt"], 2);
    socket.stop().await;
    socket.expect("stop").await;
    socket.say("again").await;
    let piece = socket.expect("info").await;
    assert_eq!(
        (
            &piece["metadata"]["attempt"],
            &piece["metadata"]["reply_to"]
        ),
        (&json!(1), &json!(3))
    );
    provider.let_go();
    assert_eq!(content(&socket.expect("response").await), "whole");
}

async fn a_flood_of_pieces_sends_nobody_away(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "script").await;
    let (mut plain, mut streaming) = (room.enter().await, room.enter_with("?stream=1").await);
    let text = "x".repeat(1000);
    for _ in 0..5 {
        assert_eq!(
            content(&ask(&mut plain, &format!("stream 1000 {text}")).await),
            text
        );
        let (answer, _) = streaming.until("response").await;
        assert_eq!(content(&answer), text);
    }
}
