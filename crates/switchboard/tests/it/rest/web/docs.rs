//! The description of the API, for programs and for people.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use switchboard_testkit::chat::send;

use crate::{
    rest::refused,
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    the_description_is_the_committed_one,
    the_description_says_where_clients_reach_the_server,
    the_reference_is_served_whole_and_loads_nothing_from_elsewhere,
    files_that_do_not_belong_to_the_reference_are_not_served,
);

fn committed() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

async fn the_description_is_the_committed_one(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let description = server.client.get("/openapi.json").await.ok();
    assert!(
        description == committed(),
        "docs/openapi.json differs from what is served"
    );
    assert!(description["openapi"].as_str().unwrap().starts_with("3."));
}

async fn the_description_says_where_clients_reach_the_server(engine: Engine) {
    let url = "https://switchboard.example/x";
    let server = Server::start(engine, &[("HTTP_PUBLIC_URL", url)]).await;
    let description = server.client.get("/openapi.json").await.ok();
    assert_eq!(description["servers"][0]["url"], url);
}

async fn the_reference_is_served_whole_and_loads_nothing_from_elsewhere(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    // The client follows the redirect to the page.
    let page = server.client.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    assert!(!page.text.contains("//"), "{}", page.text);
    let files = named_files(&page.text);
    assert!(files.iter().any(|file| file.contains(".js")), "{files:?}");
    assert!(files.iter().any(|file| file.contains(".css")), "{files:?}");
    for file in &files {
        let path = format!("/docs/{}", file.trim_start_matches("./"));
        let answer = send(server.client.request(Method::GET, &path)).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text.is_empty());
    }
    let start = server.client.get("/docs/swagger-initializer.js").await;
    assert!(
        start.text.contains("openapi.json") && !start.text.contains("://"),
        "{}",
        start.text
    );
}

/// The files that a page loads.
fn named_files(page: &str) -> Vec<String> {
    let named = ["src=\"", "href=\""]
        .into_iter()
        .flat_map(|word| page.split(word).skip(1));
    named
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

async fn files_that_do_not_belong_to_the_reference_are_not_served(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for path in [
        "/docs/nothing.js",
        "/docs/..%2Fopenapi.json",
        "/docs/%2Fetc%2Fpasswd",
        "/docs/a/b",
    ] {
        refused(&server.client.get(path).await, 404);
    }
}
