//! What the frames of a conversation look like, and who sees which.

use super::{Room, ask, content, frames, kinds, members, seq, seqs};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};

on_both_stores!(
    one_frame_answers_a_text,
    the_other_connections_see_a_text_and_then_its_answer,
    numbers_grow_by_one_and_times_grow,
    every_frame_has_a_time_and_metadata,
    a_text_keeps_what_the_client_attached,
    nobody_can_pass_for_somebody_else,
    a_failure_says_what_it_answers,
    the_transcript_is_what_was_seen,
);

async fn one_frame_answers_a_text(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    let answer = ask(&mut socket, "hello there").await;
    let expected = json!({
        "type": "response",
        "content": "hello there",
        "sender": room.agent(1),
        "receiver": room.human(),
        "timestamp": answer["timestamp"],
        "metadata": {
            "role": "assistant",
            "provider": "demo",
            "model": "echo",
            "original_type": "response",
            "token_count": 4,
            "reply_to": 1,
            "seq": 2,
        },
    });
    assert_eq!(answer, expected);
    assert_eq!(seq(&ask(&mut socket, "next").await), 4, "nothing else came");
}

async fn the_other_connections_see_a_text_and_then_its_answer(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    let answer = ask(&mut speaker, "hello").await;
    let text = listener.expect("text").await;
    let expected = json!({
        "type": "text",
        "content": "hello",
        "sender": room.human(),
        "receiver": room.agent(1),
        "timestamp": text["timestamp"],
        "metadata": {"role": "user", "seq": 1},
    });
    assert_eq!(text, expected);
    assert_eq!(listener.expect("response").await, answer);
}

/// The clock stands still meanwhile, and the times grow all the same.
async fn numbers_grow_by_one_and_times_grow(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    for word in ["one", "two", "three"] {
        speaker.say(word).await;
    }
    let seen = frames(&mut listener, 6).await;
    assert_eq!(seqs(&seen), [1, 2, 3, 4, 5, 6]);
    let times: Vec<&str> = seen
        .iter()
        .map(|frame| frame["timestamp"].as_str().unwrap())
        .collect();
    assert!(
        times.is_sorted_by(|earlier, later| earlier < later),
        "{times:?}"
    );
    for time in times {
        let shape: String = time
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
    }
}

async fn every_frame_has_a_time_and_metadata(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::dialogue(&server, "script").await;
    let (mut socket, mut listener) = (room.enter().await, room.enter().await);
    socket.send(&json!({"type": "nonsense"})).await;
    socket.say_as("a", "say bye\nexit").await;
    let (stop, mut seen) = socket.until("stop").await;
    seen.push(stop);
    let (stop, theirs) = listener.until("stop").await;
    seen.extend(theirs.into_iter().chain([stop]));
    assert_eq!(
        kinds(&seen),
        [
            "error", "info", "response", "stop", "text", "response", "stop"
        ]
    );
    for frame in &seen {
        assert!(frame["metadata"].is_object(), "{frame}");
        assert!(
            frame["timestamp"].as_str().unwrap().ends_with('Z'),
            "{frame}"
        );
        assert!(
            !frame.as_object().unwrap().values().any(Value::is_null),
            "{frame}"
        );
    }
}

async fn a_text_keeps_what_the_client_attached(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    let text = json!({
        "type": "text",
        "content": "look",
        "timestamp": "2024-02-23T12:00:00Z",
        "structured_data": {"rows": [1, 2]},
        "metadata": {"mood": "good", "client_id": "a"},
    });
    speaker.send(&text).await;
    let seen = listener.expect("text").await;
    let expected = json!({
        "mood": "good", "client_id": "a", "structured_data": {"rows": [1, 2]}, "role": "user", "seq": 1,
    });
    assert_eq!(seen["metadata"], expected);
}

async fn nobody_can_pass_for_somebody_else(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    let text = json!({
        "type": "text", "content": "hi", "sender": room.agent(1), "receiver": room.human(),
        "metadata": {"role": "system", "seq": 77},
    });
    speaker.send(&text).await;
    let seen = listener.expect("text").await;
    assert_eq!(
        (seen["sender"].as_str(), seen["receiver"].as_str()),
        (Some(&*room.human()), Some(&*room.agent(1)))
    );
    assert_eq!(seen["metadata"], json!({"role": "user", "seq": 1}));
}

async fn a_failure_says_what_it_answers(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::with(
        &server,
        &json!({"provider": "demo", "model": "no such model"}),
    )
    .await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    let error = socket.expect("error").await;
    assert_eq!(
        members(&error),
        [
            "content",
            "metadata",
            "receiver",
            "sender",
            "timestamp",
            "type"
        ]
    );
    assert_eq!(error["sender"], room.agent(1).as_str());
    let expected =
        json!({"role": "system", "code": "PROVIDER_ERROR", "details": {}, "reply_to": 1, "seq": 2});
    assert_eq!(error["metadata"], expected);
    assert!(content(&error).contains("no such model"), "{error}");
}

async fn the_transcript_is_what_was_seen(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    ask(&mut speaker, "one").await;
    ask(&mut speaker, "two").await;
    assert_eq!(room.transcript().await, frames(&mut listener, 4).await);
}
