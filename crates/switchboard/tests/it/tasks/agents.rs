//! Agents of every kind do steps.

use super::{not_found, start};
use crate::{
    support::{Engine, on_both_stores},
    workflows,
};
use serde_json::{Value, json};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::ChatClient,
};

on_both_stores!(
    a_registered_agent_does_steps,
    a_remote_agent_does_steps,
    an_agent_that_fails_says_why,
);

async fn make(client: &ChatClient, agent: &str, body: Value) -> String {
    let tasks = format!("/agents/{agent}/ap/v1/agent/tasks");
    let task = client.post(&tasks, &body).await.ok();
    format!("{tasks}/{}", task["task_id"].as_str().unwrap())
}

async fn a_registered_agent_does_steps(engine: Engine) {
    let (server, alice) = start(engine, &[]).await;
    let body = json!({"name": "Ada", "provider": "demo", "model": "echo"});
    let agent = alice.post("/api/agents/register", &body).await.ok()["agent_id"].clone();
    let agent = agent.as_str().unwrap();
    let task = make(&alice, agent, json!({"input": "the task"})).await;
    let step = alice.post(&format!("{task}/steps"), &json!({})).await.ok();
    assert_eq!(
        (&step["output"], &step["is_last"]),
        (&json!("the task"), &json!(true))
    );
    // By its number alone it is the same agent; at the root it is another.
    let number = task.replace("agent_", "");
    let id = task.rsplit_once('/').unwrap().1;
    assert_eq!(
        number,
        task.replace(agent, agent.trim_start_matches("agent_"))
    );
    alice.get(&number).await.ok();
    not_found(&alice.get(&format!("{}/{id}", super::TASKS)).await);
    let bob = server.login("bob").await;
    let tasks = format!("/agents/{agent}/ap/v1/agent/tasks");
    not_found(&bob.post(&tasks, &json!({})).await);
    not_found(&bob.get(&tasks).await);
}

async fn a_remote_agent_does_steps(engine: Engine) {
    let remote = FakeAgent::start("Stepper", |call| {
        let payload = &call["params"]["message"]["payload"];
        let goes_on = payload["input"] == "first";
        let said = json!({"text": format!("did {}", payload["input"]), "is_last": !goes_on});
        Does::Answers(json!({"messages": [said], "logs": ["a line"], "memory": {"n": 1}}))
    })
    .await;
    let server = workflows::start(engine, &[&remote]).await;
    let alice = server.login("alice").await;
    let agent = workflows::make(&alice, "Stepper", json!({}))
        .await
        .to_string();
    let task = make(
        &alice,
        &agent,
        json!({"input": "first", "additional_input": {"k": 1}}),
    )
    .await;
    let steps = format!("{task}/steps");
    let first = alice.post(&steps, &json!({})).await.ok();
    assert_eq!(
        (&first["output"], &first["is_last"]),
        (&json!("did \"first\""), &json!(false))
    );
    assert_eq!(first["additional_output"]["logs"], json!(["a line"]));
    let second = alice.post(&steps, &json!({"input": "second"})).await.ok();
    assert_eq!(second["is_last"], true);
    let calls = remote.calls();
    let payload = |n: usize| calls[n].body["params"]["message"]["payload"].clone();
    assert_eq!(
        payload(0),
        json!({
            "input": "first", "additional_input": {"k": 1},
            "task_id": first["task_id"], "step_id": first["step_id"],
        })
    );
    assert_eq!(
        (&payload(1)["input"], &payload(1)["additional_input"]),
        (&json!("second"), &json!({}))
    );
    assert_eq!(calls[1].body["params"]["memory"], json!({"n": 1}));
}

async fn an_agent_that_fails_says_why(engine: Engine) {
    let (_server, alice) = start(engine, &[]).await;
    let task = make(&alice, "demo:nothing", json!({})).await;
    let step = alice
        .post(&format!("{task}/steps"), &json!({"input": "x"}))
        .await
        .ok();
    assert_eq!(
        (&step["status"], &step["is_last"]),
        (&json!("completed"), &json!(true))
    );
    let error = step["additional_output"]["error"].as_str().unwrap();
    assert!(error.contains("no model called"), "{error}");
    assert_eq!(step["output"], error);
}
