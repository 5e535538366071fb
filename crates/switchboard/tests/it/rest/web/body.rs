//! Bodies that cannot be read.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    rest::{
        CREATE, REGISTER, SESSIONS, demo, post_nothing, post_text, refused, refused_at, with_person,
    },
    support::{Engine, Server, on_both_stores},
};

const JSON: &str = "application/json";

on_both_stores!(
    what_is_no_json_is_a_bad_request,
    json_of_the_wrong_form_is_told_apart_from_it,
    other_types_are_not_supported,
    too_large_a_body_is_refused,
    the_limit_can_be_lifted,
    who_does_not_send_the_whole_body_is_not_waited_for,
);

async fn what_is_no_json_is_a_bad_request(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    for path in [CREATE, REGISTER, "/api/agents/1/message"] {
        for body in [
            "",
            "{",
            "{\"session_type\": \"human_agent\"",
            "{} {}",
            "session_type=x",
            "\u{feff}{}",
            "{'a': 1}",
        ] {
            let answer = post_text(&alice, path, JSON, body).await;
            refused(&answer, 400);
            assert_eq!(answer.body["code"], "MALFORMED_BODY", "{body:?}");
        }
        refused(&post_nothing(&alice, path).await, 400);
    }
    let request = alice
        .request(reqwest::Method::POST, CREATE)
        .header("content-type", JSON);
    let no_text = request.body(vec![b'"', 0xff, 0xfe, b'"']);
    refused(&switchboard_testkit::chat::send(no_text).await, 400);
    let deep = "[".repeat(100_000);
    refused(&post_text(&alice, CREATE, JSON, deep).await, 400);
}

async fn json_of_the_wrong_form_is_told_apart_from_it(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    for body in ["7", "null", "\"x\"", "[]", "true"] {
        refused(&post_text(&alice, CREATE, JSON, body).await, 422);
    }
    let answer = post_text(&alice, CREATE, JSON, "{}").await;
    assert_eq!(
        refused_at(&answer, &[json!(["body", "session_type"])]),
        ["missing"]
    );
}

async fn other_types_are_not_supported(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let body = with_person(&demo("echo")).to_string();
    for kind in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "json",
        "",
    ] {
        let answer = post_text(&alice, CREATE, kind, body.as_str()).await;
        refused(&answer, 415);
        assert_eq!(answer.body["code"], "UNSUPPORTED_MEDIA_TYPE");
    }
    for kind in [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.api+json",
    ] {
        post_text(&alice, CREATE, kind, body.as_str()).await.ok();
    }
}

async fn too_large_a_body_is_refused(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_BODY_BYTES", "1000")]).await;
    let alice = server.login("alice").await;
    let padded = |size: usize| {
        let body = with_person(&demo("echo")).to_string();
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    post_text(&alice, CREATE, JSON, padded(1000)).await.ok();
    let answer = post_text(&alice, CREATE, JSON, padded(1001)).await;
    refused(&answer, 413);
    assert_eq!(answer.body["code"], "PAYLOAD_TOO_LARGE");
    let form = format!("username=alice&password={}", "x".repeat(1000));
    let kind = "application/x-www-form-urlencoded";
    refused(
        &post_text(&server.client, "/api/auth/login", kind, form).await,
        413,
    );
    assert_eq!(alice.get(SESSIONS).await.ok()["total_count"], 1);
}

async fn the_limit_can_be_lifted(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_BODY_BYTES", "0")]).await;
    let alice = server.login("alice").await;
    let body = with_person(&demo("echo")).to_string();
    let padded = format!("{body}{}", " ".repeat(3 * 1024 * 1024));
    post_text(&alice, CREATE, JSON, padded).await.ok();
}

async fn who_does_not_send_the_whole_body_is_not_waited_for(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let alice = server.login("alice").await;
    let token = alice.token.clone().unwrap();
    let host = server.client.base().trim_start_matches("http://");
    for (path, kind) in [
        ("/api/auth/login", "application/x-www-form-urlencoded"),
        (CREATE, JSON),
    ] {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let half = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
             content-type: {kind}\r\ncontent-length: 100\r\n\r\n{{"
        );
        stream.write_all(half.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The server may not have begun to read when the clock is moved first.
        let moment = Duration::from_millis(100);
        while timeout(moment, stream.read_buf(&mut answer)).await.is_err() {
            clock.advance(Duration::from_secs(30));
        }
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 408"), "{path}: {answer}");
    }
}
