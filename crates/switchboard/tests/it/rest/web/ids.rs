//! Every answer names its request.

use reqwest::Method;
use switchboard_testkit::chat::send;

use crate::support::{Engine, Server, on_both_stores};

on_both_stores!(
    a_request_keeps_the_id_that_it_came_with,
    a_request_without_a_harmless_id_gets_one,
);

async fn answered(server: &Server, path: &str, id: Option<&str>) -> String {
    let request = server.client.request(Method::GET, path);
    let request = match id {
        Some(id) => request.header("x-request-id", id),
        None => request,
    };
    send(request).await.header("x-request-id").to_owned()
}

async fn a_request_keeps_the_id_that_it_came_with(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for path in ["/healthz", "/api/chat/sessions", "/nowhere"] {
        for id in ["0190-ab_c.d", "7", &"x".repeat(64)] {
            assert_eq!(answered(&server, path, Some(id)).await, id);
        }
    }
}

async fn a_request_without_a_harmless_id_gets_one(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let mut seen = Vec::new();
    for id in [
        None,
        Some(""),
        Some("a b"),
        Some("<script>"),
        Some(&*"x".repeat(65)),
    ] {
        let given = answered(&server, "/nowhere", id).await;
        assert!(
            given.len() >= 16 && given.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{given}"
        );
        seen.push(given);
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}
