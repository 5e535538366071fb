//! The official client of the Agent Protocol, as it was published, drives tasks to their end.
//!
//! Needs a python that has it in `SWITCHBOARD_TEST_AP_CLIENT`: `scripts/official-client` prints one.

use super::start;
use crate::support::{Engine, on_both_stores};
use serde_json::json;
use switchboard_testkit::PATIENCE;
use tokio::{process::Command, time::timeout};

on_both_stores!(it_is_served_with_a_token, it_is_served_without_one);

/// Lets the client drive the agent at this base URL.
async fn drive(base: &str, token: &str) {
    let Some(python) = std::env::var_os("SWITCHBOARD_TEST_AP_CLIENT") else {
        eprintln!(
            "skipped: SWITCHBOARD_TEST_AP_CLIENT names no python; scripts/official-client does"
        );
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tasks/official.py");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.arg(script).arg(base).arg(token).arg(folder.path());
    let ended = timeout(PATIENCE, command.kill_on_drop(true).output()).await;
    let ended = ended.expect("it ends by itself").unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr),
    );
    assert!(
        ended.status.success() && out.contains("good"),
        "{out}\n{err}"
    );
}

async fn it_is_served_with_a_token(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let body = json!({"name": "Ada", "provider": "demo", "model": "echo"});
    let agent = alice.post("/api/agents/register", &body).await.ok();
    let agent = agent["agent_id"].as_str().unwrap();
    let base = format!("{}/agents/{agent}", alice.base());
    drive(&base, alice.token.as_deref().unwrap()).await;
}

async fn it_is_served_without_one(engine: Engine) {
    let (_server, alice) = start(engine, &[("TASKS_ANONYMOUS_USER", "alice")]).await;
    drive(alice.base(), "").await;
}
