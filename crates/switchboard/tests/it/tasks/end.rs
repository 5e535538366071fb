//! Tasks that are cancelled or deleted.

use super::{make, not_found, start, step};
use crate::{
    support::{Engine, on_both_stores},
    workflows::until,
};
use reqwest::Method;
use serde_json::json;
use switchboard_testkit::chat::send;

on_both_stores!(
    a_cancelled_task_does_nothing_more,
    a_deleted_task_leaves_nothing,
);

async fn a_cancelled_task_does_nothing_more(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let tasks = "/agents/demo:script/ap/v1/agent/tasks";
    let task = alice.post(tasks, &json!({})).await.ok();
    let path = format!("{tasks}/{}", task["task_id"].as_str().unwrap());
    let body = json!({"input": "delay 60000\nsay never"});
    let waiting = alice.clone();
    let steps = format!("{path}/steps");
    let (asked, ()) = tokio::join!(waiting.post(&steps, &body), async {
        until(&alice, &steps, |seen| {
            seen["pagination"]["total_items"] == 1
        })
        .await;
        let cancelled = send(alice.request(Method::POST, &format!("{path}/cancel")))
            .await
            .ok();
        assert_eq!(cancelled["status"], "cancelled");
    });
    let step = asked.ok();
    assert_eq!(
        (&step["status"], &step["is_last"]),
        (&json!("completed"), &json!(true))
    );
    assert_eq!(step["additional_output"]["error"], "The task was cancelled");
    assert_eq!(alice.post(&steps, &body).await.ok(), step);
    let again = send(alice.request(Method::POST, &format!("{path}/cancel"))).await;
    assert_eq!(again.ok()["status"], "cancelled");
}

async fn a_deleted_task_leaves_nothing(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    let done = step(&alice, &task, "one").await;
    let gone = alice.delete(&task).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    not_found(&alice.get(&task).await);
    not_found(&alice.delete(&task).await);
    not_found(&alice.post(&format!("{task}/steps"), &json!({})).await);
    let id = done["step_id"].as_str().unwrap();
    not_found(&alice.get(&format!("{task}/steps/{id}")).await);
    let listed = alice.get(super::TASKS).await.ok();
    assert_eq!(listed["pagination"]["total_items"], 0);
}
