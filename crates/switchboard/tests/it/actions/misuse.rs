//! What nobody may do, however they try.

use super::*;
use crate::support::{on_both_stores, run_sql_at};
use switchboard_testkit::chat::send;

on_both_stores!(
    agents_and_executors_do_not_decide,
    nothing_but_what_was_approved_is_run,
    a_result_counts_once,
    what_clients_declare_is_not_trusted,
    others_see_nothing,
    a_changed_trail_is_found_out,
);

async fn agents_and_executors_do_not_decide(engine: Engine) {
    let (server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let action = propose(&alice, &task, "bob").await;
    for scopes in [
        &[Scope::Tasks][..],
        &[Scope::Act],
        &[Scope::Chat, Scope::Workflows],
        &[Scope::Act, Scope::Approve],
    ] {
        let program = program(&server, scopes).await;
        for decision in ["approve", "reject", "retry"] {
            let answer = decide(&program, &action, json!({"decision": decision})).await;
            refused(&answer, 403, "approver-not-allowed");
        }
        let grant = json!({"capabilities": ["*"], "max": 1, "ttl_s": 60});
        refused(
            &program.post("/api/grants", &grant).await,
            403,
            "approver-not-allowed",
        );
        let rules = json!({"rules": [{"effect": "allow"}]});
        let put = program.request(reqwest::Method::PUT, "/api/policy");
        refused(&send(put.json(&rules)).await, 403, "approver-not-allowed");
    }
    assert_eq!(now(&alice, &action).await["state"], "approval_required");
    let approver = program(&server, &[Scope::Approve]).await;
    assert_eq!(approve(&approver, &action).await["state"], "ready");
}

async fn nothing_but_what_was_approved_is_run(engine: Engine) {
    let (server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({"at": "executor"}))).await;
    let action = propose(&alice, &task, "bob").await;
    let other = json!({"decision": "approve", "digest": "sha-256:00"});
    refused(
        &decide(&alice, &action, other).await,
        409,
        "digest-mismatch",
    );
    approve(&alice, &action).await;
    // Somebody who has the database changes the arguments behind the server's back.
    let store = server.store().to_owned();
    let id = action["id"].as_str().unwrap();
    let sql = format!("UPDATE actions SET arguments = '{{\"to\":\"eve\"}}' WHERE id = '{id}'");
    run_sql_at(&store, &sql).await;
    let executor = program(&server, &[Scope::Act]).await;
    let claimed = claim(&executor, "mail.*").await;
    assert_eq!(claimed, Value::Null);
    assert_eq!(now(&alice, &action).await["lease"], Value::Null);
}

/// Claims an action.
async fn claim(executor: &ChatClient, capability: &str) -> Value {
    let body = json!({"capabilities": [capability]});
    executor.post("/api/actions/claim", &body).await.ok()["action"].clone()
}

async fn a_result_counts_once(engine: Engine) {
    let (server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({"at": "executor"}))).await;
    let action = propose(&alice, &task, "bob").await;
    approve(&alice, &action).await;
    let executor = program(&server, &[Scope::Act]).await;
    let claimed = claim(&executor, "*").await;
    let send_result = |client: ChatClient, action: Value, body: Value| async move {
        client.post(&path(&action, "result"), &body).await
    };
    let good = result(&claimed, json!("first"));
    let mut old = good.clone();
    old["lease"] = json!(0);
    let answer = send_result(executor.clone(), action.clone(), old).await;
    refused(&answer, 409, "lease-lost");
    let mut other = good.clone();
    other["digest"] = json!("sha-256:00");
    let answer = send_result(executor.clone(), action.clone(), other).await;
    refused(&answer, 409, "digest-mismatch");
    // Another executor does not hold it.
    let second = program(&server, &[Scope::Act]).await;
    let answer = send_result(second, action.clone(), good.clone()).await;
    refused(&answer, 409, "lease-lost");
    send_result(executor.clone(), action.clone(), good.clone())
        .await
        .ok();
    let again = send_result(executor, action.clone(), good).await;
    refused(&again, 409, "already-resolved");
    assert_eq!(now(&alice, &action).await["output"], "first");
}

async fn what_clients_declare_is_not_trusted(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let mild = task(
        &alice,
        &function(json!({"risk": "low", "approve": "never"})),
    )
    .await;
    let action = propose(&alice, &mild, "bob").await;
    assert_eq!(
        (&action["state"], &action["risk"]),
        (&json!("approval_required"), &json!("high"))
    );
    let call = json!({"method": "POST", "url": "https://mail.example/"});
    for more in [
        json!({"at": "server", "http": call}),
        json!({"auth": {"credential": "key"}}),
        json!({"name": "a.b"}),
        json!({"parameters": {"type": 7}}),
    ] {
        let body = json!({"additional_input": {"functions": [function(more)]}});
        let answer = alice.post(SCRIPT, &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
    }
}

async fn others_see_nothing(engine: Engine) {
    let (server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    let action = propose(&alice, &task, "bob").await;
    let bob = server.login("bob").await;
    assert_eq!(bob.get("/api/actions").await.ok()["actions"], json!([]));
    let id = action["id"].as_str().unwrap();
    assert_eq!(bob.get(&format!("/api/actions/{id}")).await.status, 404);
    let answer = decide(&bob, &action, json!({"decision": "approve"})).await;
    assert_eq!(answer.status, 404);
    assert_eq!(claim(&bob, "*").await, Value::Null);
    assert_eq!(bob.get("/api/audit?owner=alice").await.status, 403);
    let root = server.login("root").await;
    let trail = root.get("/api/audit?owner=alice").await.ok();
    assert_eq!(trail["entries"][0]["what"], "proposed");
}

async fn a_changed_trail_is_found_out(engine: Engine) {
    let (server, alice) = start(engine).await;
    let task = task(&alice, &function(json!({}))).await;
    for to in ["a", "b"] {
        let action = propose(&alice, &task, to).await;
        decide(&alice, &action, json!({"decision": "reject"}))
            .await
            .ok();
    }
    is_whole(&alice).await;
    let store = server.store().to_owned();
    let table = if store.starts_with("sqlite") {
        // All events are settled by then, or fresh: both are tried.
        ["fresh_events", "settled_events"].as_slice()
    } else {
        ["events"].as_slice()
    };
    for table in table {
        let sql = format!(
            "UPDATE {table} SET body = replace(body, '\"by\":\"user:alice\"', '\"by\":\"user:eve\"') \
             WHERE stream = 'trail:alice' AND no = 2"
        );
        run_sql_at(&store, &sql).await;
    }
    let verified = alice.get("/api/audit/verify").await.ok();
    assert_eq!(
        (&verified["whole"], &verified["broken_at"]),
        (&json!(false), &json!(2))
    );
}
