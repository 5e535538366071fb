//! Following a task.

use super::{make, refused_at, start, step};
use crate::support::{Engine, on_both_stores};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::chat::{ChatClient, send};

on_both_stores!(every_change_is_seen_once_from_any_cursor);

/// The events of a task that is over, as (id, type).
async fn seen(client: &ChatClient, task: &str, after: Option<i64>) -> Vec<(i64, String)> {
    let mut request = client.request(Method::GET, &format!("{task}/events"));
    if let Some(after) = after {
        request = request.header("last-event-id", after);
    }
    let answer = send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let blocks = answer
        .text
        .split("\n\n")
        .filter(|block| block.contains("data:"));
    blocks
        .map(|block| {
            let line = |name: &str| {
                let found = block.lines().find_map(|line| line.strip_prefix(name));
                found.unwrap().trim().to_owned()
            };
            let data: Value = serde_json::from_str(&line("data:")).unwrap();
            assert_eq!(data["cursor"].to_string(), line("id:"));
            assert_eq!(data["type"], line("event:"));
            (data["cursor"].as_i64().unwrap(), line("event:"))
        })
        .collect()
}

async fn every_change_is_seen_once_from_any_cursor(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    // Who comes first sees it all live; it ends with the task.
    let (live, ()) = tokio::join!(seen(&alice, &task, None), async {
        step(&alice, &task, "one").await;
        let last = alice.post(&format!("{task}/steps"), &json!({})).await;
        assert_eq!(last.ok()["is_last"], true);
    });
    let kinds: Vec<&str> = live.iter().map(|(_, kind)| kind.as_str()).collect();
    let created_then_done = ["step.created", "step.completed"];
    assert_eq!(kinds[0], "task.created");
    assert_eq!(kinds[1..3], created_then_done);
    assert_eq!(kinds[3..], created_then_done);
    for cursor in 0..=live.len() {
        let after = i64::try_from(cursor).unwrap();
        assert_eq!(seen(&alice, &task, Some(after)).await, live[cursor..]);
    }
    for bad in ["x", "-1", "1.5"] {
        let request = alice.request(Method::GET, &format!("{task}/events"));
        refused_at(
            &send(request.header("last-event-id", bad)).await,
            "Last-Event-ID",
        );
    }
}
