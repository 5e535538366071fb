//! Acknowledgements of texts.

use super::{Room, ask, content, frames, kinds};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;

on_both_stores!(
    only_a_text_with_a_client_id_is_acknowledged,
    a_text_said_again_has_the_same_number_and_is_not_stored_twice,
    a_client_id_counts_for_all_connections_of_a_session,
    an_acknowledgement_never_overtakes_the_replay,
    a_client_id_counts_within_its_session,
    an_acknowledged_text_is_on_disk,
    a_client_id_that_makes_no_sense_is_refused,
);

async fn only_a_text_with_a_client_id_is_acknowledged(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    ask(&mut socket, "without").await;
    socket.say_as("mine", "with").await;
    let ack = socket.expect("info").await;
    let expected = json!({"type": "info", "timestamp": ack["timestamp"], "metadata": {"ack": "mine", "seq": 3}});
    assert_eq!(ack, expected);
    let answer = socket.expect("response").await;
    assert_eq!(
        (content(&answer), &answer["metadata"]["reply_to"]),
        ("with", &json!(3))
    );
}

async fn a_text_said_again_has_the_same_number_and_is_not_stored_twice(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    socket.say_as("a", "hello").await;
    assert_eq!(
        socket.expect("info").await["metadata"],
        json!({"ack": "a", "seq": 1})
    );
    socket.expect("response").await;
    socket.say_as("a", "hello").await;
    assert_eq!(
        socket.expect("info").await["metadata"],
        json!({"ack": "a", "seq": 1})
    );
    socket.say_as("b", "other").await;
    assert_eq!(
        socket.expect("info").await["metadata"],
        json!({"ack": "b", "seq": 3})
    );
    assert_eq!(content(&socket.expect("response").await), "other");
    assert_eq!(
        kinds(&room.transcript().await),
        ["text", "response", "text", "response"]
    );
}

async fn an_acknowledgement_never_overtakes_the_replay(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for n in 0..60 {
        ask(&mut socket, &format!("text {n}")).await;
    }
    socket.say_as("last", "last").await;
    socket.expect("info").await;
    socket.expect("response").await;
    // Whoever comes back says the text again whose acknowledgement it may have missed.
    let mut again = room.enter_with("?after=0").await;
    again.say_as("last", "last").await;
    let mut seen = 0;
    loop {
        let frame = again.frame().await;
        let seq = frame["metadata"]["seq"].as_u64().unwrap();
        if frame["metadata"]["ack"] == "last" {
            assert_eq!(seq, 121);
            break;
        }
        seen += 1;
        assert_eq!(seq, seen, "{frame}");
    }
    assert!(seen >= 121, "it came after {seen}");
}

async fn a_client_id_counts_for_all_connections_of_a_session(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut first, mut second) = (room.enter().await, room.enter().await);
    first.say_as("a", "hello").await;
    frames(&mut first, 2).await;
    frames(&mut second, 2).await;
    second.say_as("a", "hello").await;
    assert_eq!(
        second.expect("info").await["metadata"],
        json!({"ack": "a", "seq": 1})
    );
    ask(&mut second, "next").await;
    assert_eq!(
        content(&first.expect("text").await),
        "next",
        "nothing was seen of the repeat"
    );
}

async fn a_client_id_counts_within_its_session(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for _ in 0..2 {
        let mut socket = Room::demo(&server, "echo").await.enter().await;
        socket.say_as("a", "hello").await;
        assert_eq!(kinds(&frames(&mut socket, 2).await), ["info", "response"]);
    }
}

async fn an_acknowledged_text_is_on_disk(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "script").await;
    let mut socket = room.enter().await;
    socket.say_as("a", "fail timeout").await;
    socket.expect("info").await;
    let transcript = room.transcript().await;
    assert_eq!(
        (transcript.len(), content(&transcript[0])),
        (1, "fail timeout")
    );
}

async fn a_client_id_that_makes_no_sense_is_refused(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for client_id in [json!(7), json!(["a"]), json!("x".repeat(201))] {
        socket
            .send(&json!({"type": "text", "content": "hi", "metadata": {"client_id": client_id}}))
            .await;
        let error = socket.expect("error").await;
        assert_eq!(
            error["metadata"]["details"],
            json!({"member": "metadata.client_id"})
        );
    }
    assert_eq!(ask(&mut socket, "next").await["metadata"]["seq"], 2);
}
