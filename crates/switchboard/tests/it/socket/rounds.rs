//! Rounds of a dialogue: texts in the middle, other speakers, and nobody there.

use super::{Room, asked, content, contents, fake, file, frames, kinds, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    a_text_during_a_round_is_seen_by_the_next_turn_and_starts_nothing,
    sender_and_receiver_count_where_both_are_given,
    a_sender_alone_does_not_count,
    a_stranger_may_speak_to_an_agent,
    a_later_text_starts_a_new_round,
    a_dialogue_goes_on_with_nobody_connected,
    a_failed_turn_ends_the_round_and_a_text_starts_another,
    agents_may_come_from_two_providers,
);

const ONE_TURN: &[(&str, &str)] = &[("LIMITS_TURNS_PER_AGENT", "1")];

async fn a_text_during_a_round_is_seen_by_the_next_turn_and_starts_nothing(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::held("b1"), Plan::answer("a1")]).await;
    let server = server_with(engine, &provider, ONE_TURN).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    provider.asked(1).await;
    let aside = json!({
        "type": "text", "content": "be brief", "sender": "alice", "receiver": room.agent(1),
        "metadata": {"client_id": "aside"},
    });
    socket.send(&aside).await;
    socket.expect("info").await;
    provider.let_go();
    let (stop, answers) = socket.until("stop").await;
    assert_eq!(
        (contents(&answers), &stop["metadata"]["seq"]),
        (vec!["b1", "a1"], &json!(5))
    );
    let requests = provider.requests();
    assert_eq!(requests.len(), 2, "the text started nothing");
    assert_eq!(
        asked(&requests[1])[1..],
        [("assistant", "go"), ("user", "be brief\n\nb1")]
    );
    socket.say("again").await;
    assert_eq!(socket.expect("response").await["metadata"]["reply_to"], 6);
}

async fn sender_and_receiver_count_where_both_are_given(engine: Engine) {
    let server = Server::start(engine, ONE_TURN).await;
    let room = Room::dialogue(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    let (one, two) = (room.agent(1), room.agent(2));
    speaker
        .send(&json!({"type": "text", "content": "hi", "sender": two, "receiver": one}))
        .await;
    let seen = frames(&mut listener, 3).await;
    assert_eq!(senders(&seen), [&*two, &*one, &*two]);
}

async fn a_sender_alone_does_not_count(engine: Engine) {
    let server = Server::start(engine, ONE_TURN).await;
    let room = Room::dialogue(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    let (one, two) = (room.agent(1), room.agent(2));
    speaker
        .send(&json!({"type": "text", "content": "hi", "sender": two}))
        .await;
    let seen = frames(&mut listener, 3).await;
    assert_eq!(senders(&seen), [&*one, &*two, &*one]);
}

async fn a_stranger_may_speak_to_an_agent(engine: Engine) {
    let server = Server::start(engine, ONE_TURN).await;
    let room = Room::dialogue(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    let (one, two) = (room.agent(1), room.agent(2));
    speaker
        .send(&json!({"type": "text", "content": "hi", "sender": "alice", "receiver": one}))
        .await;
    let seen = frames(&mut listener, 3).await;
    assert_eq!(senders(&seen), ["alice", &*one, &*two]);
}

fn senders(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .map(|frame| frame["sender"].as_str().unwrap())
        .collect()
}

async fn a_later_text_starts_a_new_round(engine: Engine) {
    let provider = FakeProvider::start(vec![
        Plan::answer("x __EXIT__"),
        Plan::answer("b"),
        Plan::answer("a"),
    ])
    .await;
    let server = server_with(engine, &provider, ONE_TURN).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("first").await;
    let (stop, _) = socket.until("stop").await;
    assert_eq!(stop["metadata"]["reason"], "goal_achieved");
    socket.say("second").await;
    let (stop, answers) = socket.until("stop").await;
    assert_eq!(
        (contents(&answers), &stop["metadata"]["reason"]),
        (vec!["b", "a"], &json!("max_turns_reached"))
    );
}

async fn a_dialogue_goes_on_with_nobody_connected(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::held("b1"), Plan::answer("a1")]).await;
    let server = server_with(engine, &provider, ONE_TURN).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    provider.asked(1).await;
    socket.close().await;
    provider.let_go();
    provider.asked(2).await;
    let mut later = room.enter_with("?after=0").await;
    let (_, seen) = later.until("stop").await;
    assert_eq!(contents(&seen), ["go", "b1", "a1"]);
    assert_eq!(
        kinds(&room.transcript().await),
        ["text", "response", "response", "stop"]
    );
}

async fn a_failed_turn_ends_the_round_and_a_text_starts_another(engine: Engine) {
    let plans = vec![
        Plan::answer("b1"),
        Plan::Fail(401),
        Plan::answer("b2"),
        Plan::answer("a2"),
    ];
    let provider = FakeProvider::start(plans).await;
    let server = server_with(engine, &provider, ONE_TURN).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (error, answers) = socket.until("error").await;
    assert_eq!(contents(&answers), ["b1"]);
    assert_eq!(
        (&error["sender"], &error["metadata"]["reply_to"]),
        (&json!(room.agent(1)), &json!(2))
    );
    socket.say("again").await;
    let (_, answers) = socket.until("stop").await;
    assert_eq!(contents(&answers), ["b2", "a2"]);
}

async fn agents_may_come_from_two_providers(engine: Engine) {
    let first = FakeProvider::start(vec![Plan::answer("a1")]).await;
    let second = FakeProvider::start(vec![Plan::answer("b1")]).await;
    let file = file(&[("first", &first), ("second", &second)]);
    let server = Server::start_with_file(engine, &file, ONE_TURN).await;
    let other = json!({"provider": "second", "model": "n"});
    let room = Room::between(&server, &fake("first"), &other).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (_, answers) = socket.until("stop").await;
    let who = |frame: &Value| {
        (
            frame["metadata"]["provider"].clone(),
            frame["metadata"]["model"].clone(),
        )
    };
    assert_eq!(
        answers.iter().map(content).collect::<Vec<_>>(),
        ["b1", "a1"]
    );
    assert_eq!(who(&answers[0]), (json!("second"), json!("n")));
    assert_eq!(who(&answers[1]), (json!("first"), json!("m")));
    assert_eq!(
        (
            &second.requests()[0]["model"],
            &first.requests()[0]["model"]
        ),
        (&json!("n"), &json!("m"))
    );
}
