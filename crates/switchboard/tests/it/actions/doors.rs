//! The same action through chat, tasks and workflows: one inbox, one trail, one rule.

use super::*;
use crate::{
    support::on_both_stores,
    workflows::{make, start as start_with, until},
};
use switchboard_testkit::agent::{Does, FakeAgent};

on_both_stores!(
    a_session_shows_an_action_and_its_agent_is_told,
    what_does_not_fit_in_a_session_is_told_its_agent,
    every_door_has_one_inbox_one_trail_and_one_rule,
    what_an_agent_configures_of_itself_is_not_the_owner_s_word,
);

/// A session with the script agent, whose client brings this function.
async fn session(alice: &ChatClient, more: Value) -> String {
    let mut metadata = json!({"functions": [function(json!({}))]});
    for (name, value) in more.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    let body = json!({
        "session_type": "human_agent", "metadata": metadata,
        "agents": {"primary": {"provider": "demo", "model": "script"}},
    });
    alice.create(&body).await
}

async fn a_session_shows_an_action_and_its_agent_is_told(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let session = session(&alice, json!({})).await;
    let mut socket = alice.connect(&session, "").await;
    socket.say(r#"call send_mail {"to": "bob"}"#).await;
    let (frame, _) = socket.until("system").await;
    let action = frame["metadata"]["action"].clone();
    assert_eq!(action["state"], "approval_required", "{frame}");
    assert_eq!(action["session_id"], session);
    approve(&alice, &action).await;
    let (frame, _) = socket.until("system").await;
    let running = frame["metadata"]["action"].clone();
    assert_eq!(
        (&running["state"], &running["lease"]),
        (&json!("running"), &json!(1))
    );
    let body = result(&running, json!({"sent": true}));
    alice.post(&path(&action, "result"), &body).await.ok();
    let (frame, _) = socket.until("system").await;
    assert_eq!(frame["metadata"]["action"]["state"], "succeeded");
    let (answer, _) = socket.until("response").await;
    let content = answer["content"].as_str().unwrap();
    assert!(content.contains(r#""output":{"sent":true}"#), "{answer}");
    is_whole(&alice).await;
}

async fn what_does_not_fit_in_a_session_is_told_its_agent(engine: Engine) {
    let (_server, alice) = start(engine).await;
    let session = session(&alice, json!({})).await;
    let mut socket = alice.connect(&session, "").await;
    socket.say(r#"call send_mail {"to": 7}"#).await;
    socket.until("response").await;
    let (answer, _) = socket.until("response").await;
    let content = answer["content"].as_str().unwrap();
    assert!(content.contains("function_errors"), "{answer}");
    for metadata in [
        json!({"functions": [{"name": "a.b"}]}),
        json!({"autonomy": {"mode": "soon"}}),
    ] {
        let body = json!({
            "session_type": "human_agent", "metadata": metadata,
            "agents": {"primary": {"provider": "demo", "model": "script"}},
        });
        let answer = alice.post("/api/chat/sessions/create", &body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
    }
}

/// A remote agent that proposes to write once, and says what it was told.
async fn proposer() -> FakeAgent {
    FakeAgent::start("Proposer", |call| {
        let payload = &call["params"]["message"]["payload"];
        if let Some(told) = payload.get("action_result") {
            return Does::Answers(json!({"memory": {"told": told}}));
        }
        let action = json!({"name": "send_mail", "arguments": {"to": "bob"}});
        Does::Answers(json!({"actions": [action]}))
    })
    .await
}

async fn every_door_has_one_inbox_one_trail_and_one_rule(engine: Engine) {
    let remote = proposer().await;
    let server = start_with(engine, &[&remote]).await;
    let alice = server.login("alice").await;
    // In a task,
    let task = task(&alice, &function(json!({}))).await;
    propose(&alice, &task, "bob").await;
    // in a session,
    let session = session(&alice, json!({})).await;
    let mut socket = alice.connect(&session, "").await;
    socket.say(r#"call send_mail {"to": "bob"}"#).await;
    socket.until("system").await;
    // and in a workflow.
    let options = json!({"functions": [function(json!({"at": "executor"}))]});
    let worker = make(&alice, "Proposer", json!({"options": options})).await;
    let run = format!("/api/v1/agents/{worker}/run");
    alice.post(&run, &json!({})).await.ok();
    let inbox = "/api/actions?state=approval_required";
    let three = |seen: &Value| seen["actions"].as_array().unwrap().len() == 3;
    let waiting = until(&alice, inbox, three).await;
    for action in waiting["actions"].as_array().unwrap() {
        assert_eq!(
            (&action["name"], &action["capability"]),
            (&json!("send_mail"), &json!("mail.send"))
        );
        let trail = alice.get("/api/audit").await.ok();
        let entries = trail["entries"].as_array().unwrap();
        assert!(
            entries
                .iter()
                .any(|entry| entry["action_id"] == action["id"])
        );
    }
    let newest = waiting["actions"][0].clone();
    assert_eq!(newest["agent_id"], format!("agent_{worker}"));
    approve(&alice, &newest).await;
    let executor = program(&server, &[Scope::Act]).await;
    let body = json!({"capabilities": ["mail.*"]});
    let claimed = executor.post("/api/actions/claim", &body).await.ok()["action"].clone();
    executor
        .post(&path(&claimed, "result"), &result(&claimed, json!("sent")))
        .await
        .ok();
    let memory = format!("/api/v1/agents/{worker}/memory");
    let told = until(&alice, &memory, |seen| seen["memory"] != json!({})).await;
    let told = &told["memory"]["told"];
    assert_eq!(
        (&told["status"], &told["output"]),
        (&json!("succeeded"), &json!("sent"))
    );
    // One rule for all.
    let rules = json!({"rules": [{"effect": "deny", "capability": "mail.send"}]});
    let put = alice.request(reqwest::Method::PUT, "/api/policy");
    switchboard_testkit::chat::send(put.json(&rules)).await.ok();
    for action in &waiting["actions"].as_array().unwrap()[1..] {
        let answer = decide(&alice, action, json!({"decision": "approve"})).await;
        refused(&answer, 403, "policy-denied");
    }
    alice.post(&run, &json!({})).await.ok();
    let denied = |seen: &Value| seen["memory"]["told"]["status"] == "denied";
    until(&alice, &memory, denied).await;
    is_whole(&alice).await;
}

async fn what_an_agent_configures_of_itself_is_not_the_owner_s_word(engine: Engine) {
    let (server, alice) = start(engine).await;
    let chat = program(&server, &[Scope::Chat]).await;
    let call = json!({"url": "https://mail.example/"});
    for more in [
        json!({"approve": "never"}),
        json!({"risk": "low"}),
        json!({"at": "server", "http": call}),
    ] {
        let body = json!({
            "name": "Ada", "provider": "demo", "model": "script",
            "metadata": {"functions": [function(more)]},
        });
        refused(
            &chat.post("/api/agents/register", &body).await,
            403,
            "approver-not-allowed",
        );
        alice.post("/api/agents/register", &body).await.ok();
    }
    let bad = json!({
        "name": "Ada", "provider": "demo", "metadata": {"functions": [{"name": "x", "at": "moon"}]},
    });
    let answer = alice.post("/api/agents/register", &bad).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    let place = &answer.body["detail"][0]["loc"];
    assert_eq!(*place, json!(["body", "metadata", "functions", "0", "at"]));
}
