//! Built-in agents in workflows, models among them, and agents of workflows in a chat.

use super::{emit, make, patch, payloads, run, start, until};
use crate::support::{Engine, on_both_stores};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard_testkit::{
    agent::{Does, FakeAgent},
    chat::send,
};

on_both_stores!(
    from_an_address_to_a_feed,
    what_is_written_by_hand_goes_out,
    bad_options_are_refused,
    a_commander_commands,
    a_model_answers_what_it_receives,
    a_remote_agent_talks_in_a_session,
);

async fn from_an_address_to_a_feed(engine: Engine) {
    let server = start(engine, &[]).await;
    let alice = server.login("alice").await;
    let options = json!({"secret": "long-secret", "expected_receive_period_in_days": 1});
    let hook = make(&alice, "WebhookAgent", json!({"options": options})).await;
    let options = json!({
        "secrets": ["feed-secret"], "expected_receive_period_in_days": 2,
        "template": {"title": "Feed", "description": "d", "item": {"title": "{{word}}"}},
    });
    let more = json!({"options": options, "sources": [hook]});
    let output = make(&alice, "Agents::DataOutputAgent", more).await;
    let details = alice
        .get(&format!("/api/v1/agents/{hook}/details"))
        .await
        .ok();
    assert_eq!(details["schedule"], Value::Null, "it never checks");
    let base = format!("/users/{}/web_requests", details["user_id"]);
    let body = json!({"word": "hello"});
    let wrong = server
        .client
        .post(&format!("{base}/{hook}/guess"), &body)
        .await;
    assert_eq!(wrong.status, 401, "{}", wrong.text);
    let sent = server
        .client
        .post(&format!("{base}/{hook}/long-secret?a=1"), &body)
        .await;
    assert_eq!((sent.status, sent.text.as_str()), (201, "Message Created"));
    assert_eq!(payloads(&alice, hook, 1).await.len(), 1);
    let idle = |seen: &Value| seen == &json!([]);
    until(&alice, &format!("/api/v1/agents/{output}/deliveries"), idle).await;
    let feed = server
        .client
        .get(&format!("{base}/{output}/feed-secret.json"))
        .await;
    assert!(feed.text.contains("hello"), "{}", feed.text);
    let rss = server
        .client
        .get(&format!("{base}/{output}/feed-secret.xml"))
        .await;
    assert!(rss.text.contains("<title>hello</title>"), "{}", rss.text);
    let other = server
        .client
        .get(&format!("/users/99/web_requests/{output}/feed-secret"))
        .await;
    assert_eq!(other.status, 404);
}

async fn what_is_written_by_hand_goes_out(engine: Engine) {
    let server = start(engine, &[]).await;
    let alice = server.login("alice").await;
    let manual = make(&alice, "ManualMessageAgent", json!({})).await;
    let options = json!({"instructions": {"text": "Dear {{name}}"}, "mode": "clean"});
    let more = json!({"options": options, "sources": [manual]});
    let formatting = make(&alice, "MessageFormattingAgent", more).await;
    emit(
        &alice,
        manual,
        json!({"payloads": [{"name": "Ann"}, {"name": "Bob"}]}),
    )
    .await;
    let seen = payloads(&alice, formatting, 2).await;
    assert_eq!(
        (&seen[0]["text"], &seen[1]["text"]),
        (&json!("Dear Ann"), &json!("Dear Bob"))
    );
}

async fn bad_options_are_refused(engine: Engine) {
    let server = start(engine, &[]).await;
    let alice = server.login("alice").await;
    let body = json!({"type": "CommanderAgent", "name": "c", "options": {"action": "explode"}});
    let refused = alice.post("/api/v1/agents", &body).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(
        refused.body["problems"][0]["loc"],
        json!(["body", "options", "action"])
    );
    let unknown = json!({"type": "NoSuchAgent", "name": "c"});
    assert_eq!(alice.post("/api/v1/agents", &unknown).await.status, 422);
    let bad = json!({"type": "CommanderAgent", "name": "c", "schedule": "sometimes"});
    assert_eq!(alice.post("/api/v1/agents", &bad).await.status, 422);
}

async fn a_commander_commands(engine: Engine) {
    let agent = FakeAgent::start("Worker", |call| {
        Does::Answers(json!({"messages": [call["params"]["options"]]}))
    })
    .await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let worker = make(&alice, "Worker", json!({"options": {"a": {"b": 1}}})).await;
    let more = json!({"control_targets": [worker], "options": {"action": "run"}});
    let commander = make(&alice, "CommanderAgent", more).await;
    run(&alice, commander).await;
    payloads(&alice, worker, 1).await;
    let command = async |options: Value| {
        patch(&alice, commander, json!({"options": options})).await;
        run(&alice, commander).await;
    };
    let configure = json!({"action": "configure", "configure_options": {"a": {"c": 2}}});
    command(configure).await;
    let path = format!("/api/v1/agents/{worker}/details");
    until(&alice, &path, |seen| {
        seen["options"] == json!({"a": {"b": 1, "c": 2}})
    })
    .await;
    command(json!({"action": "disable"})).await;
    until(&alice, &path, |seen| seen["disabled"] == true).await;
    run(&alice, worker).await;
    command(json!({"action": "enable"})).await;
    assert_eq!(
        payloads(&alice, worker, 2).await[1],
        json!({"a": {"b": 1, "c": 2}})
    );
}

async fn a_model_answers_what_it_receives(engine: Engine) {
    let server = start(engine, &[]).await;
    let alice = server.login("alice").await;
    let manual = make(&alice, "ManualMessageAgent", json!({})).await;
    let options = json!({"provider": "demo", "model": "echo"});
    let more = json!({"options": options, "sources": [manual]});
    let model = make(&alice, "ModelAgent", more).await;
    emit(&alice, manual, json!({"text": "What is this?"})).await;
    let answer = payloads(&alice, model, 1).await[0]["message"].clone();
    assert!(
        answer.as_str().unwrap().contains("What is this?"),
        "{answer}"
    );
}

async fn a_remote_agent_talks_in_a_session(engine: Engine) {
    let agent = FakeAgent::start("Talker", |call| {
        let said = &call["params"]["message"]["payload"]["content"];
        let text = format!("{} said {said}", call["params"]["options"]["name"]);
        Does::Answers(json!({"messages": [{"text": text}], "memory": {"said": said}}))
    })
    .await;
    let server = start(engine, &[&agent]).await;
    let alice = server.login("alice").await;
    let talker = make(&alice, "Talker", json!({"options": {"name": "ann"}})).await;
    let body = json!({
        "session_type": "human_agent",
        "agents": {"primary": {"provider": "agent", "model": talker.to_string()}},
    });
    let session = alice.create(&body).await;
    let mut socket = alice.connect(&session, "").await;
    socket.say("hello").await;
    let response = socket.expect("response").await;
    assert_eq!(response["content"], "\"ann\" said \"hello\"");
    assert_eq!(payloads(&alice, talker, 0).await, [] as [Value; 0]);
    let gone = send(alice.request(Method::DELETE, &format!("/api/agents/{talker}"))).await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    assert_eq!(alice.get("/api/v1/agents").await.ok(), json!([]));
}
