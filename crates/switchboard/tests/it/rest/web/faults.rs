//! A fault of the server is told as one, and nothing else is told.

use switchboard_testkit::chat::ChatClient;

use crate::{
    rest::{CREATE, SESSIONS, demo, refused, with_person},
    support::{Engine, PASSWORD, Server, on_both_stores, run_sql_at},
};

on_both_stores!(nothing_internal_is_told);

async fn nothing_internal_is_told(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice.demo_session("echo").await;
    run_sql_at(server.store(), "ALTER TABLE sessions RENAME TO elsewhere").await;
    for path in [
        SESSIONS.to_owned(),
        format!("{SESSIONS}/{session}"),
        format!("{SESSIONS}/{session}/messages"),
    ] {
        fault(&alice, &path).await;
    }
    let answer = alice.post(CREATE, &with_person(&demo("echo"))).await;
    assert_eq!(refused(&answer, 500), "Internal server error");
    run_sql_at(server.store(), "ALTER TABLE users RENAME TO nobodies").await;
    fault(&alice, SESSIONS).await;
    let answer = server.client.try_login("alice", PASSWORD).await;
    assert_eq!(refused(&answer, 500), "Internal server error");
}

async fn fault(client: &ChatClient, path: &str) {
    let answer = client.get(path).await;
    assert_eq!(refused(&answer, 500), "Internal server error");
    assert_eq!(answer.body["code"], "INTERNAL_ERROR");
    for word in [
        "sessions", "users", "table", "relation", "SELECT", "sqlite", "panicked", ".rs",
    ] {
        assert!(!answer.text.contains(word), "{}", answer.text);
    }
}
