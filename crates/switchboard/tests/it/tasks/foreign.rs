//! A server of the Agent Protocol that is none of ours, by the protocol's own SDK, as an agent.
//!
//! Needs Node.js, and the SDK's folder in `SWITCHBOARD_TEST_AP_SERVER`: `scripts/official-server` prints it.

use super::peers::{make_task, near};
use crate::support::{Engine, on_both_stores};
use serde_json::json;
use std::{path::Path, process::Stdio};
use switchboard_testkit::PATIENCE;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
    time::timeout,
};

on_both_stores!(it_chats_and_does_tasks);

/// Starts the server, if there can be one.
async fn start(address: &str, workspace: &Path) -> Option<Child> {
    let Some(modules) = std::env::var_os("SWITCHBOARD_TEST_AP_SERVER") else {
        eprintln!(
            "skipped: SWITCHBOARD_TEST_AP_SERVER names no folder; scripts/official-server does"
        );
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tasks/foreign.js");
    let (_, port) = address.rsplit_once(':').unwrap();
    let mut command = Command::new("node");
    command
        .arg(script)
        .arg(port)
        .arg(workspace)
        .env("NODE_PATH", modules)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let mut server = command.spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let said = timeout(PATIENCE, lines.next_line()).await;
    let said = said.expect("it starts in time").unwrap();
    assert!(said.is_some_and(|line| line.contains("listening")));
    Some(server)
}

async fn it_chats_and_does_tasks(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let Some(mut far) = start(&address, folder.path()).await else {
        return;
    };
    let (_server, alice) = near(engine, &format!("http://{address}"), "unasked").await;
    let task = make_task(&alice, "far").await;
    let steps = format!("{task}/steps");
    let first = alice.post(&steps, &json!({"input": "one"})).await.ok();
    assert_eq!(
        (&first["output"], &first["is_last"]),
        (&json!("step 1 of one: one"), &json!(false))
    );
    let last = alice.post(&steps, &json!({"input": "the last"})).await.ok();
    assert_eq!(
        (&last["output"], &last["is_last"]),
        (&json!("step 2 of one: the last"), &json!(true))
    );
    let file = &last["artifacts"][0];
    assert_eq!(
        (&file["file_name"], &file["relative_path"]),
        (&json!("made-2.txt"), &json!("out"))
    );
    let path = format!("{task}/artifacts/{}", file["artifact_id"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.text, "the last ".repeat(100_000));

    let body = json!({"session_type": "human_agent", "agents": {"primary": {"provider": "far"}}});
    let session = alice.create(&body).await;
    let mut socket = alice.connect(&session, "").await;
    for (said, answer) in [("hi", "step 1 of hi: hi"), ("more", "step 2 of hi: more")] {
        socket.say(said).await;
        assert_eq!(socket.expect("response").await["content"], answer);
    }
    // It keeps its tasks in memory alone, and has a fault when it is asked for one that it lost.
    far.kill().await.unwrap();
    let _far = start(&address, folder.path()).await;
    socket.say("anew").await;
    let answer = socket.expect("response").await;
    assert_eq!(answer["content"], "step 1 of anew: anew");
}
