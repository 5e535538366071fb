//! Clients that know no tokens.

use super::TASKS;
use crate::support::{Engine, Server, on_both_stores};
use reqwest::Method;
use serde_json::json;
use switchboard_testkit::chat::send;

on_both_stores!(programs_of_this_machine_may_come_without_a_token);

async fn programs_of_this_machine_may_come_without_a_token(engine: Engine) {
    let server = Server::start(engine, &[("TASKS_ANONYMOUS_USER", "alice")]).await;
    let task = server.client.post(TASKS, &json!({"input": "x"})).await.ok();
    let alice = server.login("alice").await;
    let path = format!("{TASKS}/{}", task["task_id"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.ok()["input"], "x");
    for (name, value) in [
        ("host", "evil.example"),
        ("origin", "http://evil.example"),
        ("x-forwarded-for", "192.0.2.1"),
    ] {
        let request = server
            .client
            .request(Method::GET, TASKS)
            .header(name, value);
        assert_eq!(send(request).await.status, 401, "{name}");
    }
    // The other doors want a token as ever, and a bad one is bad.
    assert_eq!(server.client.get("/api/chat/sessions").await.status, 401);
    assert_eq!(server.client.with_token("bad").get(TASKS).await.status, 401);
}
