//! Frames that make no sense: they are answered with an error, and the connection lives.

use super::{Room, ask, members};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::socket::Socket;
use tokio_tungstenite::tungstenite::Message;

on_both_stores!(
    what_is_no_json_is_named,
    a_type_that_clients_do_not_send_is_named,
    a_type_too_long_to_repeat_is_not_repeated,
    a_text_needs_content,
    members_have_their_kinds,
    binary_messages_are_refused,
    what_text_cannot_hold_is_replaced,
);

/// Sends this, and expects the error with this code; the connection lives on.
async fn is_refused(socket: &mut Socket, message: Message, code: &str) -> Value {
    socket.send_raw(message).await;
    let error = socket.expect("error").await;
    assert_eq!(error["metadata"]["code"], code, "{error}");
    assert_eq!(
        members(&error["metadata"]),
        ["code", "details", "role"],
        "it is not stored, so it has no number"
    );
    assert!(
        error["metadata"]["details"].is_object() && error["content"].is_string(),
        "{error}"
    );
    error
}

async fn refuses(engine: Engine, messages: &[(&str, &str)]) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for (message, code) in messages {
        is_refused(&mut socket, Message::text(*message), code).await;
    }
    assert_eq!(ask(&mut socket, "still here").await["metadata"]["seq"], 2);
}

async fn what_is_no_json_is_named(engine: Engine) {
    let deep = "[".repeat(100_000);
    let messages = [
        ("", "INVALID_JSON"),
        ("hello", "INVALID_JSON"),
        ("{\"type\": \"text\", ", "INVALID_JSON"),
        ("[1, 2]", "INVALID_FRAME"),
        (r#"["text", "hi", null, null, null, null]"#, "INVALID_FRAME"),
        ("\"text\"", "INVALID_FRAME"),
        ("null", "INVALID_FRAME"),
    ];
    refuses(engine, &messages).await;
    let server = Server::start(engine, &[]).await;
    let mut socket = Room::demo(&server, "echo").await.enter().await;
    socket.send_raw(Message::text(deep)).await;
    socket.expect("error").await;
    ask(&mut socket, "still here").await;
}

async fn a_type_that_clients_do_not_send_is_named(engine: Engine) {
    let messages = [
        ("{}", "INVALID_TYPE"),
        (r#"{"content": "hi"}"#, "INVALID_TYPE"),
        (r#"{"type": null}"#, "INVALID_TYPE"),
        (r#"{"type": 7}"#, "INVALID_TYPE"),
        (r#"{"type": "shout", "content": "hi"}"#, "INVALID_TYPE"),
        (r#"{"type": "response", "content": "hi"}"#, "INVALID_TYPE"),
    ];
    refuses(engine, &messages).await;
}

async fn a_type_too_long_to_repeat_is_not_repeated(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for (kind, told) in [
        ("shout".to_owned(), json!({"type": "shout"})),
        ("x".repeat(1_000_000), json!({})),
    ] {
        let frame = json!({"type": kind}).to_string();
        let error = is_refused(&mut socket, Message::text(frame), "INVALID_TYPE").await;
        assert_eq!(error["metadata"]["details"], told);
    }
}

async fn a_text_needs_content(engine: Engine) {
    let messages = [
        (r#"{"type": "text"}"#, "MISSING_CONTENT"),
        (r#"{"type": "text", "content": null}"#, "MISSING_CONTENT"),
        (r#"{"type": "text", "content": ""}"#, "MISSING_CONTENT"),
        (r#"{"type": "text", "content": " \n "}"#, "MISSING_CONTENT"),
        (
            r#"{"type": "text", "content": {"a": 1}}"#,
            "MISSING_CONTENT",
        ),
    ];
    refuses(engine, &messages).await;
}

async fn members_have_their_kinds(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for (member, wrong) in [
        ("metadata", json!([])),
        ("metadata", json!("none")),
        ("structured_data", json!(7)),
        ("sender", json!(7)),
        ("receiver", json!("x".repeat(201))),
    ] {
        let mut frame = json!({"type": "text", "content": "hi"});
        frame[member] = wrong;
        let error = is_refused(
            &mut socket,
            Message::text(frame.to_string()),
            "INVALID_FRAME",
        )
        .await;
        assert_eq!(error["metadata"]["details"], json!({"member": member}));
    }
    assert_eq!(ask(&mut socket, "still here").await["metadata"]["seq"], 2);
}

async fn binary_messages_are_refused(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    let frame = json!({"type": "text", "content": "hi"}).to_string();
    is_refused(
        &mut socket,
        Message::binary(frame.into_bytes()),
        "INVALID_FRAME",
    )
    .await;
    is_refused(&mut socket, Message::binary(Vec::new()), "INVALID_FRAME").await;
    assert_eq!(ask(&mut socket, "still here").await["metadata"]["seq"], 2);
}

async fn what_text_cannot_hold_is_replaced(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    let answer = ask(&mut socket, "a\u{0}b").await;
    assert!(
        !answer["content"].as_str().unwrap().contains('\u{0}'),
        "{answer}"
    );
    assert_eq!(room.transcript().await[1], answer);
}
