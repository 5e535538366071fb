//! `task`, as people use it.

use super::program::{Program, Running};
use crate::{
    support::{Engine, PASSWORD, on_both_stores},
    workflows::{self, until},
};
use serde_json::{Value, json};
use std::fs;
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::ChatClient,
};

on_both_stores!(
    a_task_is_followed_to_its_end,
    files_go_there_and_come_back,
    a_task_that_fails_or_never_ends_is_no_success,
    a_server_that_is_away_is_waited_for,
);

/// A server with this agent, the commands as its administrator, and the agent's id.
async fn start(engine: Engine, agent: &FakeAgent) -> (Program, Running, ChatClient, String) {
    let program = Program::with_root(engine).await.with("LEASE_S", "1");
    let program = program.with_bare("REMOTE_AGENT_URL", &agent.url());
    let server = program.start().await;
    let root = server.client.login("root", PASSWORD).await;
    let is_there = |types: &Value| {
        let mut types = types.as_array().unwrap().iter();
        types.any(|it| it["type"] == "Agents::Stepper")
    };
    until(&root, "/api/v1/agent_types", is_there).await;
    let id = workflows::make(&root, "Stepper", json!({})).await;
    let program = program
        .with("SERVER", root.base())
        .with("USER", "root")
        .with("PASSWORD", PASSWORD);
    (program, server, root, id.to_string())
}

/// An agent that does three steps.
async fn stepper() -> FakeAgent {
    FakeAgent::start("Stepper", |call| {
        let n = call["params"]["memory"]["n"].as_i64().unwrap_or(0) + 1;
        let input = &call["params"]["message"]["payload"]["input"];
        let text = format!("did {n} of {input}\u{1b}[31m");
        Does::Answers(json!({
            "memory": {"n": n}, "messages": [{"text": text, "is_last": n == 3}],
        }))
    })
    .await
}

async fn a_task_is_followed_to_its_end(engine: Engine) {
    let agent = stepper().await;
    let (program, server, _, id) = start(engine, &agent).await;
    let run = ["task", "run", "--agent", &id, "-"];
    let ran = program.run_with(&run, "count\n").await;
    assert!(ran.good, "{ran:?}");
    assert_eq!(
        ran.out,
        "did 1 of \"count\"␛[31m\ndid 2 of null␛[31m\ndid 3 of null␛[31m\n"
    );
    let list = program.run(&["task", "list", "--agent", &id]).await.ok();
    let row: Vec<&str> = list.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((row[1], row[3]), ("completed", "count"), "{list}");
    assert!(ran.err.contains(row[0]), "{ran:?}");
    let shown = program
        .run(&["task", "show", row[0], "--agent", &id])
        .await
        .ok();
    assert!(
        shown.contains("step 3, completed, the last\n< did 3"),
        "{shown}"
    );
    // Nobody looks for it elsewhere.
    let complaint = program.run(&["task", "show", row[0]]).await.failed();
    assert!(complaint.contains("Unable to find entity"), "{complaint}");
    server.stop().await;
}

async fn files_go_there_and_come_back(engine: Engine) {
    let agent = FakeAgent::start("Stepper", |_| {
        let file = |name: &str, folder: &str, text: &str| {
            json!({"file_name": name, "relative_path": folder, "text": text})
        };
        Does::Answers(json!({
            "messages": [{"text": "made them"}],
            "artifacts": [
                file("a.txt", "", "one"), file("a.txt", "", "two"), file("x", "sub/dir", "three"),
                file("../../../evil", "../../..", "four"), file("-rf", "/etc", "five"),
            ],
        }))
    })
    .await;
    let (program, server, root, id) = start(engine, &agent).await;
    fs::write(program.file("given.bin"), vec![7; 300_000]).unwrap();
    let run = [
        "task",
        "run",
        "--agent",
        &id,
        "do it",
        "--file",
        "given.bin",
        "--out",
        "results",
    ];
    let ran = program.run(&run).await;
    assert!(ran.good && ran.out == "made them\n", "{ran:?}");
    for (name, text) in [
        ("a.txt", "one"),
        ("a (2).txt", "two"),
        ("sub/dir/x", "three"),
        ("evil", "four"),
        ("etc/_rf", "five"),
    ] {
        let path = program.file("results").join(name);
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{name}");
    }
    let tasks = format!("/agents/{id}/ap/v1/agent/tasks");
    let seen = root.get(&tasks).await.ok();
    let files = seen["tasks"][0]["artifacts"].as_array().unwrap();
    let given = files
        .iter()
        .find(|file| file["agent_created"] == false)
        .unwrap();
    assert_eq!(
        (&given["file_name"], &given["size"]),
        (&json!("given.bin"), &json!(300_000))
    );
    let task = seen["tasks"][0]["task_id"].as_str().unwrap();
    let show = ["task", "show", task, "--agent", &id];
    let shown = program.run(&show).await.ok();
    assert!(
        shown.contains("given.bin") && shown.contains("you"),
        "{shown}"
    );
    let complaint = program
        .run(&["task", "run", "x", "--file", "none"])
        .await
        .failed();
    assert!(complaint.contains("cannot read none"), "{complaint}");
    server.stop().await;
}

async fn a_task_that_fails_or_never_ends_is_no_success(engine: Engine) {
    let agent = FakeAgent::start("Stepper", |_| {
        Does::Answers(json!({"messages": [{"text": "more", "is_last": false}]}))
    })
    .await;
    let (program, server, root, id) = start(engine, &agent).await;
    let ran = program
        .run(&["task", "run", "x", "--agent", "demo:nothing"])
        .await;
    assert!(!ran.good && ran.out.is_empty(), "{ran:?}");
    assert!(
        ran.err.contains("the task failed: Demo has no model"),
        "{ran:?}"
    );
    let run = ["task", "run", "x", "--agent", &id, "--max-steps", "2"];
    let ran = program.run(&run).await;
    assert!(!ran.good && ran.out == "more\nmore\n", "{ran:?}");
    assert!(ran.err.contains("did not end within 2 steps"), "{ran:?}");
    let seen = root
        .get(&format!("/agents/{id}/ap/v1/agent/tasks"))
        .await
        .ok();
    assert_eq!(seen["tasks"][0]["status"], "cancelled");
    let task = json!({"input": "y"});
    let task = root.post("/ap/v1/agent/tasks", &task).await.ok()["task_id"].clone();
    let said = program
        .run(&["task", "cancel", task.as_str().unwrap()])
        .await
        .ok();
    assert_eq!(said, format!("{} is cancelled\n", task.as_str().unwrap()));
    let complaint = program
        .run(&["task", "run", "x", "--agent", "none"])
        .await
        .failed();
    assert!(complaint.contains("Unable to find entity"), "{complaint}");
    server.stop().await;
}

async fn a_server_that_is_away_is_waited_for(engine: Engine) {
    let agent = FakeAgent::start("Stepper", {
        let hung = std::sync::atomic::AtomicBool::new(false);
        move |_| {
            if hung.swap(true, std::sync::atomic::Ordering::SeqCst) {
                Does::Answers(json!({"messages": [{"text": "done"}]}))
            } else {
                Does::Hangs
            }
        }
    })
    .await;
    let (program, server, root, id) = start(engine, &agent).await;
    let address = root.base().trim_start_matches("http://").to_owned();
    let run = ["task", "run", "x", "--agent", &id];
    let (ran, server) = tokio::join!(program.run(&run), async {
        agent.wait_for_calls(1).await;
        server.kill().await;
        program.start_at(&address).await
    });
    assert!(ran.good && ran.out == "done\n", "{ran:?}");
    let root = server.client.login("root", PASSWORD).await;
    let seen = root
        .get(&format!("/agents/{id}/ap/v1/agent/tasks"))
        .await
        .ok();
    assert_eq!(seen["pagination"]["total_items"], 1);
    server.stop().await;
}
