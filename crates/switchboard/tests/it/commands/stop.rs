//! Stopping the server.

use std::time::Duration;

use serde_json::json;
use switchboard_testkit::socket::Came;
use tokio::time::timeout;

use super::{SESSIONS, program::Program};
use crate::support::{Engine, PASSWORD, on_both_stores};

on_both_stores!(
    an_idle_server_stops_at_once_with_exit_code_zero,
    what_never_ends_is_broken_off,
    clients_are_told_and_what_is_too_slow_goes_on_after_the_next_start,
);

async fn an_idle_server_stops_at_once_with_exit_code_zero(engine: Engine) {
    let program = Program::with_root(engine).await.with("SHUTDOWN_S", "300");
    let mut server = program.start().await;
    server.client.login("root", PASSWORD).await;
    server.terminate().await;
    assert_eq!(server.stopped().await.code(), Some(0));
}

async fn what_never_ends_is_broken_off(engine: Engine) {
    let program = Program::with_root(engine).await.with("SHUTDOWN_S", "1");
    let program = program.with("LIMITS_MODEL_TIMEOUT_S", "0");
    let mut server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("script").await;
    let mut socket = root.connect(&session, "").await;
    socket.say_as("1", "fail timeout").await;
    socket.expect("info").await;
    server.terminate().await;
    let limit = Duration::from_secs(10);
    let stopped = timeout(limit, server.stopped())
        .await
        .expect("it stops soon after the limit");
    assert_eq!(stopped.code(), Some(0));
}

async fn clients_are_told_and_what_is_too_slow_goes_on_after_the_next_start(engine: Engine) {
    let program = Program::with_root(engine).await.with("SHUTDOWN_S", "1");
    let program = program
        .with("LIMITS_MODEL_TIMEOUT_S", "0")
        .with("LEASE_S", "1");
    let mut server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let session = root.demo_session("script").await;
    let mut socket = root.connect(&session, "").await;
    socket.say_as("1", "delay 3000\nsay late").await;
    socket.expect("info").await;
    server.terminate().await;
    assert!(matches!(socket.came().await, Came::Closed(1001, _)));
    assert_eq!(server.stopped().await.code(), Some(0));
    let server = program.start().await;
    let root = server.client.with_token(root.token.unwrap());
    let mut socket = root.connect(&session, "?after=1").await;
    assert_eq!(socket.expect("response").await["content"], "late");
    let page = root
        .get(&format!("{SESSIONS}/{session}/messages"))
        .await
        .ok();
    assert_eq!(
        page["messages"].as_array().unwrap().len(),
        2,
        "once: {}",
        json!(page)
    );
}
