//! What the log says about requests that take long.

use super::program::{Program, Running};
use crate::support::{Engine, PASSWORD};

const WORDS: &str = "a request was slow";

/// Signs in, which takes longer than a millisecond on any machine, and gives the request's id.
async fn sign_in(server: &Running) -> String {
    let answer = server.client.try_login("root", PASSWORD).await;
    assert_eq!(answer.status, 200);
    answer.header("x-request-id").to_owned()
}

#[tokio::test]
async fn what_takes_longer_than_the_setting_says_is_warned_of() {
    let program = Program::with_root(Engine::Sqlite).await;
    let program = program.with("LOG_SLOW_MS", "1").with("LOG", "warn");
    let server = program.start().await;
    let id = sign_in(&server).await;
    let path = "/api/chat/sessions/canary-in-path";
    server.client.get(path).await;
    let (_, log) = server.stop().await;
    let slow = log
        .lines()
        .find(|line| line.contains(WORDS) && line.contains("/api/auth/login"));
    let line = slow.unwrap_or_else(|| panic!("{log}"));
    for word in ["WARN", "status=200", "latency_us=", "POST"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(!log.contains("canary"), "{log}");
    assert_eq!(id.len(), 32);
}

#[tokio::test]
async fn nothing_is_slow_where_that_is_not_wanted() {
    let program = Program::with_root(Engine::Sqlite).await;
    let program = program.with("LOG_SLOW_MS", "0");
    let server = program.start().await;
    let id = sign_in(&server).await;
    let (_, log) = server.stop().await;
    assert!(log.contains(&id) && !log.contains(WORDS), "{log}");
}
