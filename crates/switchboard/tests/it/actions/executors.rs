//! Executors: claims, leases and races.

use super::*;
use crate::support::on_both_stores;
use std::collections::BTreeSet;
use tokio::time::timeout;

on_both_stores!(
    an_executor_is_woken_by_an_approval,
    a_lost_lease_makes_an_action_unknown,
    two_executors_run_each_action_once,
);

async fn claim(executor: &ChatClient, wait_s: u64) -> Value {
    let body = json!({"capabilities": ["mail.*"], "wait_s": wait_s});
    executor.post("/api/actions/claim", &body).await.ok()["action"].clone()
}

async fn an_executor_is_woken_by_an_approval(engine: Engine) {
    let (server, alice) = start(engine).await;
    let executor = program(&server, &[Scope::Act]).await;
    let task = task(&alice, &function(json!({"at": "executor"}))).await;
    let action = propose(&alice, &task, "bob").await;
    let other = json!({"capabilities": ["fs.*"]});
    let none = executor.post("/api/actions/claim", &other).await.ok();
    assert_eq!(none, json!({"action": null}));
    let waiting = tokio::spawn({
        let executor = executor.clone();
        async move { claim(&executor, 60).await }
    });
    tokio::task::yield_now().await;
    approve(&alice, &action).await;
    let claimed = timeout(switchboard_testkit::PATIENCE, waiting).await;
    let claimed = claimed.expect("the bell rings").unwrap();
    assert_eq!(
        (&claimed["id"], &claimed["lease"]),
        (&action["id"], &json!(1))
    );
    let beat = json!({"lease": 1, "digest": action["digest"]});
    executor.post(&path(&action, "heartbeat"), &beat).await.ok();
    executor
        .post(&path(&action, "result"), &result(&claimed, json!("sent")))
        .await
        .ok();
    // The task's next step is told.
    let next = step(&alice, &task, json!({})).await;
    assert!(
        next["output"]
            .as_str()
            .unwrap()
            .contains(r#""output":"sent""#),
        "{next}"
    );
    is_whole(&alice).await;
}

async fn a_lost_lease_makes_an_action_unknown(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let alice = server.login("alice").await;
    let executor = program(&server, &[Scope::Act]).await;
    let once = function(json!({"at": "executor", "timeout_s": 5}));
    let twice = function(json!({"at": "executor", "timeout_s": 5, "idempotent": true}));
    for (function, after, lease) in [(once, "unknown", 1), (twice, "ready", 1)] {
        let task = task(&alice, &function).await;
        let action = propose(&alice, &task, "bob").await;
        approve(&alice, &action).await;
        let claimed = claim(&executor, 0).await;
        clock.advance(std::time::Duration::from_secs(6));
        let lapsed = async {
            loop {
                let now = now(&alice, &action).await;
                if now["state"] != "running" {
                    return now;
                }
                tokio::task::yield_now().await;
            }
        };
        let now = timeout(switchboard_testkit::PATIENCE, lapsed)
            .await
            .expect("it lapses");
        assert_eq!(
            (&now["state"], &now["lease"]),
            (&json!(after), &json!(lease))
        );
        let late = executor
            .post(&path(&action, "result"), &result(&claimed, json!(1)))
            .await;
        refused(&late, 409, "lease-lost");
        if after == "unknown" {
            assert_eq!(claim(&executor, 0).await, Value::Null);
            let retried = decide(&alice, &action, json!({"decision": "retry"}))
                .await
                .ok();
            assert_eq!(retried["state"], "ready");
        }
        let again = claim(&executor, 0).await;
        assert_eq!((&again["id"], &again["lease"]), (&action["id"], &json!(2)));
        executor
            .post(&path(&action, "result"), &result(&again, json!(2)))
            .await
            .ok();
    }
}

/// How many actions they race for.
const ACTIONS: usize = 1000;

async fn two_executors_run_each_action_once(engine: Engine) {
    let (server, alice) = start(engine).await;
    let rules = json!({"rules": [{"effect": "allow", "capability": "mail.send"}]});
    let put = alice.request(reqwest::Method::PUT, "/api/policy");
    switchboard_testkit::chat::send(put.json(&rules)).await.ok();
    let mut proposed = BTreeSet::new();
    while proposed.len() < ACTIONS {
        let task = task(&alice, &function(json!({"at": "executor"}))).await;
        let many = (ACTIONS - proposed.len()).min(16);
        let script = "call send_mail {\"to\": \"bob\"}\n".repeat(many);
        let step = step(&alice, &task, json!({"input": script})).await;
        for action in step["functions"].as_array().unwrap() {
            assert_eq!(action["state"], "ready");
            proposed.insert(action["id"].as_str().unwrap().to_owned());
        }
    }
    let mut executors = Vec::new();
    for _ in 0..2 {
        let executor = program(&server, &[Scope::Act]).await;
        executors.push(tokio::spawn(async move {
            let mut ran = Vec::new();
            loop {
                let action = claim(&executor, 0).await;
                if action.is_null() {
                    return ran;
                }
                let body = result(&action, json!(1));
                executor.post(&path(&action, "result"), &body).await.ok();
                ran.push(action["id"].as_str().unwrap().to_owned());
            }
        }));
    }
    let mut ran = Vec::new();
    for executor in executors {
        ran.extend(executor.await.unwrap());
    }
    assert_eq!(ran.len(), ACTIONS, "each was run once");
    assert_eq!(ran.into_iter().collect::<BTreeSet<_>>(), proposed);
    let open = alice
        .get("/api/actions?state=ready,running,unknown")
        .await
        .ok();
    assert_eq!(open["actions"], json!([]));
    is_whole(&alice).await;
}
