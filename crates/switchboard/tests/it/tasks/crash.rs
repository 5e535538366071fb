//! The server is killed over and over while clients ask for steps and send files: each accepted step is
//! there once, each key is one step, and each file that was acknowledged is whole.
//!
//! `SWITCHBOARD_TEST_KILLS` says how often (4 by default, for a short run).

use super::{TASKS, make};
use crate::{
    commands::program::Program,
    support::{Engine, PASSWORD, on_both_stores},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};
use switchboard_testkit::chat::ChatClient;

on_both_stores!(every_step_is_there_once);

/// How many clients ask at once, each for a task of its own.
const CLIENTS: usize = 4;

/// What a client was told: the ids of its steps by their keys, and its files with their contents.
#[derive(Default)]
struct Told {
    steps: BTreeMap<String, String>,
    files: Vec<(String, String)>,
}

/// Sends one step with its key; none if the server broke off.
async fn ask(client: &ChatClient, task: &str, key: &str) -> Option<Value> {
    let request = client.request(Method::POST, &format!("{task}/steps"));
    let request = request.header("idempotency-key", key);
    let body = json!({"input": key});
    let response = request
        .timeout(Duration::from_secs(10))
        .json(&body)
        .send()
        .await
        .ok()?;
    let response = response.error_for_status().ok()?;
    response.json().await.ok()
}

async fn send_file(client: &ChatClient, task: &str, content: &str) -> Option<String> {
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"f\"";
    let form = format!("--x\r\n{head}\r\n\r\n{content}\r\n--x--\r\n");
    let request = client.request(Method::POST, &format!("{task}/artifacts"));
    let request = request.header("content-type", "multipart/form-data; boundary=x");
    let response = request
        .timeout(Duration::from_secs(10))
        .body(form)
        .send()
        .await
        .ok()?;
    let file: Value = response.error_for_status().ok()?.json().await.ok()?;
    Some(file["artifact_id"].as_str()?.to_owned())
}

/// Asks for steps until the server is gone. Each step that was not answered is asked for again.
async fn client(client: ChatClient, task: String, told: &mut Told) {
    loop {
        let n = told.steps.len();
        let key = format!("key {n}");
        let Some(step) = ask(&client, &task, &key).await else {
            return;
        };
        assert_eq!(
            (&step["output"], &step["status"]),
            (&json!(key), &json!("completed"))
        );
        told.steps
            .insert(key, step["step_id"].as_str().unwrap().to_owned());
        if n.is_multiple_of(5) {
            let content = format!("{task} {n} ").repeat(2000);
            match send_file(&client, &task, &content).await {
                Some(id) => told.files.push((id, content)),
                None => return,
            }
        }
    }
}

async fn every_step_is_there_once(engine: Engine) {
    let kills = std::env::var("SWITCHBOARD_TEST_KILLS").map_or(4, |text| text.parse().unwrap());
    let program = Program::with_root(engine).await.with("LEASE_S", "1");
    let mut server = program.start().await;
    let mut root = server.client.login("root", PASSWORD).await;
    let mut tasks = Vec::new();
    for _ in 0..CLIENTS {
        tasks.push((make(&root, "x").await, Told::default()));
    }
    for kill in 0..kills {
        let asking = tasks
            .iter_mut()
            .map(|(task, told)| client(root.clone(), task.clone(), told));
        let pause = Duration::from_millis(300 + 70 * (kill % 7));
        let (_, ()) = tokio::join!(futures::future::join_all(asking), async {
            tokio::time::sleep(pause).await;
            server.kill().await;
        });
        server = program.start().await;
        root = server.client.login("root", PASSWORD).await;
    }
    for (task, told) in &tasks {
        check(&root, task, told).await;
    }
    let steps: usize = tasks.iter().map(|(_, told)| told.steps.len()).sum();
    let files: usize = tasks.iter().map(|(_, told)| told.files.len()).sum();
    println!("{steps} steps and {files} files over {kills} kills");
    server.kill().await;
}

/// All that the client was told is there, and nothing twice.
async fn check(root: &ChatClient, task: &str, told: &Told) {
    // The one that was under way at the last kill may have been accepted.
    let last = ask(root, task, &format!("key {}", told.steps.len())).await;
    assert!(last.is_some(), "{TASKS}");
    for (key, id) in &told.steps {
        let again = ask(root, task, key).await.expect("an answer");
        assert_eq!(again["step_id"], json!(id), "{key}");
    }
    let (mut inputs, mut page) = (Vec::new(), 1);
    loop {
        let path = format!("{task}/steps?page_size=100&current_page={page}");
        let seen = root.get(&path).await.ok();
        let steps = seen["steps"].as_array().unwrap();
        inputs.extend(
            steps
                .iter()
                .map(|step| step["input"].as_str().unwrap().to_owned()),
        );
        assert_eq!(seen["pagination"]["total_items"], told.steps.len() + 1);
        page += 1;
        if steps.is_empty() {
            break;
        }
    }
    let different: HashSet<&String> = inputs.iter().collect();
    assert_eq!(
        (inputs.len(), different.len()),
        (told.steps.len() + 1, told.steps.len() + 1)
    );
    for (id, content) in &told.files {
        let file = root.get(&format!("{task}/artifacts/{id}")).await;
        assert!(file.status == 200 && file.text == *content, "{id}");
    }
}
