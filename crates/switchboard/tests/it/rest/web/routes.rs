//! Addresses and methods that there are not.

use reqwest::Method;
use switchboard_testkit::chat::send;

use crate::{
    rest::{CREATE, SESSIONS, refused},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    unknown_addresses_are_not_found,
    another_method_is_told_which_there_are,
    a_websocket_is_opened_and_not_read,
);

async fn unknown_addresses_are_not_found(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let unknown = [
        "/nowhere",
        "/api/",
        "/api/nowhere",
        "/API/chat/sessions",
        "/api/chat/sessions/",
        "/api/chat/sessions/x/y",
        "/api/agents",
        "/api//chat/sessions",
        "/api/chat/ws",
        "/.env",
        "/%2e%2e/secret",
        "/master.key",
    ];
    for path in unknown {
        for client in [&alice, &server.client] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let answer = send(client.request(method, path)).await;
                assert_eq!(refused(&answer, 404), "Not Found", "{path}");
            }
        }
    }
}

async fn another_method_is_told_which_there_are(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let session = format!("{SESSIONS}/x");
    let cases = [
        (Method::GET, "/api/auth/login", "POST"),
        (Method::GET, CREATE, "POST"),
        (Method::POST, SESSIONS, "GET,HEAD"),
        (Method::PUT, session.as_str(), "DELETE,GET,HEAD"),
        (Method::PATCH, "/healthz", "GET,HEAD"),
        (Method::GET, "/api/agents/agent_1", "DELETE"),
    ];
    for (method, path, allowed) in cases {
        let answer = send(server.client.request(method, path)).await;
        refused(&answer, 405);
        assert_eq!(answer.body["code"], "METHOD_NOT_ALLOWED");
        let mut allow: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{path}");
    }
}

async fn a_websocket_is_opened_and_not_read(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    let answer = alice.get(&format!("/api/chat/ws/{session}")).await;
    assert!([400, 426].contains(&answer.status), "{}", answer.status);
    refused(&answer, answer.status);
}
