//! Whether the server is well.

use reqwest::Method;
use serde_json::json;
use switchboard_testkit::chat::{ChatClient, send};

use crate::{
    rest::{members, refused},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    anyone_may_ask_whether_it_is_well,
    the_start_page_is_json_unless_html_is_wanted,
    a_server_that_stops_is_alive_but_not_ready,
    a_server_without_its_store_is_alive_but_not_ready,
    harmless_headers_keep_browsers_careful,
);

async fn anyone_may_ask_whether_it_is_well(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for path in ["/", "/api", "/healthz", "/readyz"] {
        let health = server.client.get(path).await.ok();
        members(&health, &["name", "status", "version"]);
        assert_eq!(
            (&health["status"], &health["name"]),
            (&json!("ok"), &json!("Switchboard"))
        );
    }
}

async fn the_start_page_is_json_unless_html_is_wanted(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let asked = async |accept: &str| {
        send(
            server
                .client
                .request(Method::GET, "/")
                .header("accept", accept),
        )
        .await
    };
    for accept in [
        "*/*",
        "application/json",
        "application/json, text/html;q=0.9",
    ] {
        assert_eq!(asked(accept).await.ok()["status"], "ok");
    }
    let page = asked("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("vary").contains("accept"));
}

async fn a_server_that_stops_is_alive_but_not_ready(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    // This one still listens while the server goes down.
    let beside = server.listen_beside().await;
    beside.get("/readyz").await.ok();
    server.app.stopping().cancel();
    not_ready(&beside).await;
}

async fn a_server_without_its_store_is_alive_but_not_ready(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    server.ports.store.close().await;
    not_ready(&server.client).await;
}

async fn not_ready(client: &ChatClient) {
    let answer = client.get("/readyz").await;
    refused(&answer, 503);
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
    client.get("/healthz").await.ok();
}

async fn harmless_headers_keep_browsers_careful(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for path in ["/", "/api/chat/sessions", "/docs/", "/nowhere"] {
        let answer = server.client.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}
