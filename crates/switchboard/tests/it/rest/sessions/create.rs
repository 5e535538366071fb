//! What creating a session answers.

use serde_json::{Value, json};

use super::{get, text};
use crate::{
    rest::{CREATE, demo, dialogue, is_time, members, post_text, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_session_with_a_person_has_one_agent_under_two_keys,
    a_session_of_two_agents_has_them_in_the_order_in_which_they_were_sent,
    what_is_left_out_has_a_default,
    what_is_null_is_as_good_as_left_out,
    what_the_client_attached_comes_back,
    any_model_is_accepted,
    members_that_nobody_knows_are_ignored,
    a_body_without_a_type_is_taken_for_json,
);

const SESSION: &[&str] = &[
    "agents",
    "created_at",
    "metadata",
    "session_id",
    "session_type",
    "status",
    "type",
];
const AGENT: &[&str] = &[
    "agent_id",
    "capabilities",
    "model",
    "personality",
    "provider",
    "status",
];

#[track_caller]
fn is_session_id(value: &Value) -> String {
    let id = text(value);
    let rest = id.strip_prefix("session_").expect("the prefix of sessions");
    assert!(
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()),
        "{id}"
    );
    id
}

async fn a_session_with_a_person_has_one_agent_under_two_keys(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice.post(CREATE, &with_person(&demo("echo"))).await.ok();
    members(&session, SESSION);
    let id = is_session_id(&session["session_id"]);
    is_time(&session["created_at"]);
    assert_eq!(
        (&session["type"], &session["status"]),
        (&json!("system"), &json!("active"))
    );
    assert_eq!(session["session_type"], "human_agent");
    members(&session["agents"], &["ai_agent", "primary"]);
    let agent = &session["agents"]["primary"];
    members(agent, AGENT);
    assert_eq!(agent["agent_id"], format!("ai1_{id}"));
    assert_eq!(agent["status"], "active");
    assert_eq!(&session["agents"]["ai_agent"], agent);
    assert_eq!(get(&alice, &id).await.ok(), session);
}

async fn a_session_of_two_agents_has_them_in_the_order_in_which_they_were_sent(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let body = r#"{"session_type": "agent_agent", "agents": {
        "zoe": {"provider": "demo"}, "adam": {"provider": "demo"}}}"#;
    let session = post_text(&alice, CREATE, "application/json", body)
        .await
        .ok();
    members(&session, SESSION);
    let id = is_session_id(&session["session_id"]);
    assert_eq!(session["session_type"], "agent_agent");
    members(&session["agents"], &["adam", "zoe"]);
    assert_eq!(session["agents"]["zoe"]["agent_id"], format!("ai1_{id}"));
    assert_eq!(session["agents"]["adam"]["agent_id"], format!("ai2_{id}"));
}

async fn what_is_left_out_has_a_default(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = alice
        .post(CREATE, &with_person(&json!({"provider": "demo"})))
        .await
        .ok();
    let agent = &session["agents"]["primary"];
    assert_eq!(
        (&agent["provider"], &agent["model"]),
        (&json!("demo"), &json!("echo"))
    );
    assert_eq!(
        (&agent["capabilities"], &agent["personality"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(session["metadata"], json!({}));
}

async fn what_is_null_is_as_good_as_left_out(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let agent = json!({
        "provider": "demo", "model": null, "capabilities": null, "personality": null, "metadata": null,
    });
    let mut body = with_person(&agent);
    body["interaction_modes"] = Value::Null;
    body["metadata"] = Value::Null;
    let session = alice.post(CREATE, &body).await.ok();
    assert_eq!(session["agents"]["primary"]["model"], "echo");
    assert_eq!(session["metadata"], json!({}));
}

async fn what_the_client_attached_comes_back(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let agent = json!({
        "provider": "demo", "model": "script", "capabilities": ["conversation", "größer als 💥"],
        "personality": "helpful\nand professional", "metadata": {"temperature": 0.5},
    });
    let mut body = with_person(&agent);
    body["metadata"] = json!({"a": {"b": [1, null, "x", 1.5]}, "": true, "nul": "\u{0}"});
    body["interaction_modes"] = json!(["human_to_agent", "agent_to_agent"]);
    let session = alice.post(CREATE, &body).await.ok();
    let primary = &session["agents"]["primary"];
    for member in ["provider", "model", "capabilities", "personality"] {
        assert_eq!(primary[member], agent[member], "{member}");
    }
    assert_eq!(session["metadata"]["a"], body["metadata"]["a"]);
    assert_eq!(session["metadata"][""], true);
    let again = get(&alice, &text(&session["session_id"])).await.ok();
    assert_eq!(again["agents"], session["agents"]);
    assert_eq!(again["metadata"]["a"], body["metadata"]["a"]);
}

async fn any_model_is_accepted(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    for model in ["llama-3-70b", "a/b:c@d", "größer", "echo "] {
        let session = alice.post(CREATE, &with_person(&demo(model))).await.ok();
        assert_eq!(session["agents"]["primary"]["model"], model);
    }
    let session = alice.post(CREATE, &with_person(&demo(""))).await.ok();
    assert_eq!(session["agents"]["primary"]["model"], "echo");
}

async fn members_that_nobody_knows_are_ignored(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let mut body = with_person(&json!({"provider": "demo", "color": "red"}));
    body["session_id"] = json!("session_00000000000000000000000000000007");
    body["owner"] = json!("bob");
    let id = alice.create(&body).await;
    assert_ne!(id, text(&body["session_id"]));
    get(&alice, &id).await.ok();
}

async fn a_body_without_a_type_is_taken_for_json(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let request = alice.request(reqwest::Method::POST, CREATE);
    let body = dialogue("echo").to_string();
    switchboard_testkit::chat::send(request.body(body))
        .await
        .ok();
}
