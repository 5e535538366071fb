//! Files that an agent left at an address.

use crate::{
    support::{Engine, Server, on_both_stores, run_beside},
    workflows::{self, until},
};
use axum::{Router, http::StatusCode, response::Redirect, routing::get};
use serde_json::{Value, json};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::ChatClient,
};
use tokio::net::TcpListener;

on_both_stores!(
    files_are_fetched_from_where_an_agent_left_them,
    what_cannot_be_fetched_is_told_and_loses_no_step,
);

/// A server with files, and its address.
async fn files() -> String {
    let kind = [("content-type", "text/x-far")];
    let router = Router::new()
        .route(
            "/file",
            get(move || async move { (kind, "far away".repeat(1000)) }),
        )
        .route("/moved", get(async || Redirect::temporary("/file")))
        .route(
            "/private",
            get(async || Redirect::temporary("http://10.1.2.3/")),
        )
        .route("/broken", get(async || StatusCode::FORBIDDEN));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    run_beside(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A server with an agent whose steps have these files, and the path of a task of it.
async fn start(
    engine: Engine,
    files: Value,
    more: &[(&str, &str)],
) -> (Server, ChatClient, String) {
    let agent = FakeAgent::start("Leaver", move |_| {
        Does::Answers(json!({"messages": [{"text": "left it"}], "artifacts": files}))
    })
    .await;
    let url = agent.url();
    let more: Vec<_> = [("REMOTE_AGENT_URL", url.as_str())]
        .iter()
        .chain(more)
        .copied()
        .collect();
    let server = Server::start(engine, &more).await;
    let alice = server.login("alice").await;
    let is_there = |types: &Value| {
        let mut types = types.as_array().unwrap().iter();
        types.any(|it| it["type"] == "Agents::Leaver")
    };
    until(&alice, "/api/v1/agent_types", is_there).await;
    let id = workflows::make(&alice, "Leaver", json!({})).await;
    let tasks = format!("/agents/{id}/ap/v1/agent/tasks");
    let task = alice.post(&tasks, &json!({})).await.ok();
    let task = format!("{tasks}/{}", task["task_id"].as_str().unwrap());
    // The agent stays until the test is over.
    run_beside(async move {
        let _agent = agent;
        std::future::pending::<()>().await;
    });
    (server, alice, task)
}

async fn files_are_fetched_from_where_an_agent_left_them(engine: Engine) {
    let far = files().await;
    let left = json!([
        {"file_name": "one", "relative_path": "a/", "url": format!("{far}/file")},
        {"file_name": "two", "content_type": "text/own", "url": format!("{far}/moved")},
        {"file_name": "three", "text": "near by"},
    ]);
    let more = [("AGENTS_ALLOWED_NETWORKS", "127.0.0.1")];
    let (_server, alice, task) = start(engine, left, &more).await;
    let step = alice.post(&format!("{task}/steps"), &json!({})).await.ok();
    let made = step["artifacts"].as_array().unwrap();
    assert_eq!(made.len(), 3, "{step}");
    for (file, kind, size) in [(0, "text/x-far", 8000), (1, "text/own", 8000), (2, "", 7)] {
        let id = made[file]["artifact_id"].as_str().unwrap();
        let content = alice.get(&format!("{task}/artifacts/{id}")).await;
        assert_eq!(content.text.len(), size);
        assert!(content.header("content-type").starts_with(kind), "{file}");
        assert_eq!(made[file]["agent_created"], true);
    }
}

async fn what_cannot_be_fetched_is_told_and_loses_no_step(engine: Engine) {
    let far = files().await;
    let left = json!([
        {"file_name": "forbidden", "url": format!("{far}/broken")},
        {"file_name": "private", "url": format!("{far}/private")},
        {"file_name": "inside", "url": "http://169.254.1.1/"},
        {"file_name": "no address", "url": "here"},
        {"file_name": "huge", "url": format!("{far}/file")},
        {"file_name": "there", "text": "near by"},
    ]);
    let more = [
        ("AGENTS_ALLOWED_NETWORKS", "127.0.0.1"),
        ("LIMITS_ARTIFACT_BYTES", "4000"),
    ];
    let (_server, alice, task) = start(engine, left, &more).await;
    let step = alice.post(&format!("{task}/steps"), &json!({})).await.ok();
    assert_eq!(step["output"], "left it");
    let names = step["artifacts"].as_array().unwrap().iter();
    let names: Vec<&Value> = names.map(|file| &file["file_name"]).collect();
    assert_eq!(names, [&json!("there")]);
    let error = step["additional_output"]["error"].as_str().unwrap();
    for words in [
        "forbidden: it could not be fetched: the server answered 403",
        "private: it could not be fetched: the request was not sent: 10.1.2.3 is",
        "inside: it could not be fetched: the request was not sent: 169.254.1.1 is",
        "no address: it could not be fetched: the request was not sent: the address is not a URL",
        "huge: A file may have at most 4000 bytes",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
}
