//! Tasks and steps: what is asked for and what is answered.

use super::{TASKS, make, not_found, refused_at, start, step, step_with};
use crate::{
    rest::post_text,
    support::{Engine, Server, on_both_stores},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use switchboard_testkit::chat::send;

on_both_stores!(
    a_task_is_worked_on_to_its_end,
    bodies_may_be_absent_and_no_other_sort,
    a_key_is_one_step_whatever_happens,
    who_does_not_wait_finds_it_later,
    steps_run_one_after_another,
    a_restart_loses_no_step,
    there_is_an_end_to_steps,
);

async fn a_task_is_worked_on_to_its_end(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let body = json!({"input": "say hi", "additional_input": {"a": [1, null]}});
    let task = alice.post(TASKS, &body).await.ok();
    assert_eq!(task["additional_input"], body["additional_input"]);
    assert_eq!(
        (&task["status"], &task["artifacts"]),
        (&json!("created"), &json!([]))
    );
    let path = format!("{TASKS}/{}", task["task_id"].as_str().unwrap());
    let first = step(&alice, &path, "one").await;
    assert_eq!(first["task_id"], task["task_id"]);
    assert_eq!(
        (&first["output"], &first["status"]),
        (&json!("one"), &json!("completed"))
    );
    assert_eq!(
        (&first["is_last"], &first["additional_input"]),
        (&json!(false), &json!({}))
    );
    let id = first["step_id"].as_str().unwrap();
    let shown = alice.get(&format!("{path}/steps/{id}")).await;
    assert_eq!(shown.ok(), first);
    assert_eq!(alice.get(&path).await.ok()["status"], "running");
    let last = send(alice.request(Method::POST, &format!("{path}/steps")))
        .await
        .ok();
    assert_eq!(
        (&last["is_last"], &last["input"]),
        (&json!(true), &Value::Null)
    );
    // After the last step there is none.
    assert_eq!(step(&alice, &path, "more").await, last);
    let over = alice.get(&path).await.ok();
    assert_eq!(
        (&over["status"], &over["input"]),
        (&json!("completed"), &json!("say hi"))
    );
    let bob = server.login("bob").await;
    not_found(&bob.get(&path).await);
    not_found(&bob.post(&format!("{path}/steps"), &json!({})).await);
}

async fn bodies_may_be_absent_and_no_other_sort(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    for request in [
        alice.request(Method::POST, TASKS),
        alice.request(Method::POST, TASKS).body("{}"),
        alice.request(Method::POST, TASKS).body("{\"input\": null}"),
        alice
            .request(Method::POST, TASKS)
            .header("content-type", "application/json"),
    ] {
        let task = send(request).await.ok();
        assert_eq!(
            (&task["input"], &task["additional_input"]),
            (&Value::Null, &json!({}))
        );
    }
    refused_at(&alice.post(TASKS, &json!({"input": 7})).await, "input");
    refused_at(
        &alice.post(TASKS, &json!({"additional_input": null})).await,
        "additional_input",
    );
    refused_at(
        &post_text(&alice, TASKS, "application/json", "{").await,
        "body",
    );
    let deep = format!(
        "{{\"additional_input\": {{\"a\": {}{}}}}}",
        "[".repeat(101),
        "]".repeat(101)
    );
    refused_at(
        &post_text(&alice, TASKS, "application/json", deep).await,
        "additional_input",
    );
    let task = make(&alice, "x").await;
    let got = alice
        .request(Method::GET, &task)
        .body("{\"ignored\": true}");
    assert_eq!(send(got).await.ok()["input"], "x");
    for odd in ["x", "%00", "..%2f..", "%ff", "task_", &"9".repeat(2000)] {
        not_found(&alice.get(&format!("{TASKS}/{odd}")).await);
        not_found(&alice.get(&format!("{task}/steps/{odd}")).await);
        not_found(&alice.get(&format!("/agents/{odd}/ap/v1/agent/tasks")).await);
    }
    let stranger = server.client.get(TASKS).await;
    assert_eq!(stranger.status, 401);
}

async fn a_key_is_one_step_whatever_happens(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    let key = [("idempotency-key", "k1")];
    let (first, second) = tokio::join!(
        step_with(&alice, &task, &key),
        step_with(&alice, &task, &key)
    );
    let first = first.ok();
    assert_eq!(second.ok(), first);
    // The answer to the commit is lost: the client sends it again.
    server.losing.lose_next();
    let lost = [("idempotency-key", "k2")];
    let broken = step_with(&alice, &task, &lost).await;
    assert_eq!(broken.status, 500, "{}", broken.text);
    let again = step_with(&alice, &task, &lost).await.ok();
    assert_ne!(again["step_id"], first["step_id"]);
    send(alice.request(Method::POST, &format!("{task}/steps")))
        .await
        .ok();
    assert_eq!(
        step_with(&alice, &task, &key).await.ok(),
        first,
        "also after the end"
    );
    let steps = alice.get(&format!("{task}/steps")).await.ok();
    assert_eq!(steps["pagination"]["total_items"], 3);
    let long = "k".repeat(256);
    for bad in ["", long.as_str()] {
        let refused = step_with(&alice, &task, &[("idempotency-key", bad)]).await;
        refused_at(&refused, "Idempotency-Key");
    }
}

/// The task of an agent that takes its time.
async fn slow(alice: &switchboard_testkit::chat::ChatClient) -> String {
    let path = "/agents/demo:script/ap/v1/agent/tasks";
    let task = alice.post(path, &json!({})).await.ok();
    format!("{path}/{}", task["task_id"].as_str().unwrap())
}

async fn who_does_not_wait_finds_it_later(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let task = make(&alice, "x").await;
    let asked = step_with(&alice, &task, &[("prefer", "respond-async")])
        .await
        .ok();
    assert!(["created", "running", "completed"].contains(&asked["status"].as_str().unwrap()));
    assert_eq!(asked["input"], "once");
    let path = format!("{task}/steps/{}", asked["step_id"].as_str().unwrap());
    let done = crate::workflows::until(&alice, &path, |step| step["status"] == "completed").await;
    assert_eq!(done["output"], "once");
    let task = slow(&alice).await;
    let path = format!("{task}/steps");
    let body = json!({"input": "delay 1000\nsay done"});
    let asked = alice
        .request(Method::POST, &path)
        .header("prefer", "wait=0")
        .json(&body);
    let asked = send(asked).await.ok();
    assert_ne!(asked["status"], "completed");
    let path = format!("{task}/steps/{}", asked["step_id"].as_str().unwrap());
    crate::workflows::until(&alice, &path, |step| step["status"] == "completed").await;
}

async fn steps_run_one_after_another(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let task = Arc::new(make(&alice, "x").await);
    let steps = (0..20).map(|n| {
        let (alice, task) = (alice.clone(), Arc::clone(&task));
        async move { step(&alice, &task, &format!("{n}")).await }
    });
    let done = futures::future::join_all(steps).await;
    for (n, step) in done.iter().enumerate() {
        assert_eq!(step["output"], n.to_string());
    }
    let listed = alice.get(&format!("{task}/steps?page_size=20")).await.ok();
    let listed = listed["steps"].as_array().unwrap();
    let times: Vec<&str> = listed
        .iter()
        .map(|it| it["created_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted() && times.len() == 20, "{times:?}");
    drop(server);
}

async fn a_restart_loses_no_step(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let task = slow(&alice).await;
    let path = format!("{task}/steps");
    for n in 0..3 {
        let body = json!({"input": format!("delay 200\nsay {n}")});
        let asked = alice
            .request(Method::POST, &path)
            .header("prefer", "respond-async");
        send(asked.json(&body)).await.ok();
    }
    let place = server.stop_within(Duration::ZERO).await;
    let server = Server::start_at(place, &[], Arc::new(switchboard::system::SystemClock)).await;
    let alice = server.login("alice").await;
    let all_done = |seen: &Value| {
        let steps = seen["steps"].as_array().unwrap();
        steps.len() == 3 && steps.iter().all(|step| step["status"] == "completed")
    };
    let seen = crate::workflows::until(&alice, &path, all_done).await;
    assert_eq!(seen["pagination"]["total_items"], 3);
}

async fn there_is_an_end_to_steps(engine: Engine) {
    let (_server, alice) = start(engine, &[("LIMITS_STEPS_PER_TASK", "2")]).await;
    let task = make(&alice, "x").await;
    step(&alice, &task, "one").await;
    step(&alice, &task, "two").await;
    let third = step(&alice, &task, "three").await;
    assert_eq!(third["is_last"], true);
    let error = third["additional_output"]["error"].as_str().unwrap();
    assert!(error.contains("make a new one"), "{error}");
}
