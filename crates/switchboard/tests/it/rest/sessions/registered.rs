//! Registered agents take part in sessions like any other.

use serde_json::{Value, json};
use switchboard_testkit::chat::ChatClient;

use super::{get, text};
use crate::{
    rest::{CREATE, REGISTER, demo, refused_at, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_registered_agent_answers_in_a_session,
    both_forms_of_its_id_are_understood,
    other_peoples_private_agents_and_unknown_ones_are_told_alike,
    a_shared_agent_may_take_part,
    an_agent_only_takes_part_where_it_may_be_used,
);

async fn register(client: &ChatClient, more: Value) -> String {
    let mut body = json!({"name": "Ada", "provider": "demo", "model": "echo"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    text(&client.post(REGISTER, &body).await.ok()["agent_id"])
}

fn agent(id: &str) -> Value {
    json!({"provider": "agent", "model": id})
}

async fn a_registered_agent_answers_in_a_session(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let ada = register(&alice, json!({})).await;
    let session = alice.create(&with_person(&agent(&ada))).await;
    let mut socket = alice.connect(&session, "").await;
    socket.say("Hello!").await;
    let answer = socket.expect("response").await;
    assert_eq!(answer["content"], "Hello!");
    assert_eq!(answer["sender"], format!("ai1_{session}"));
}

async fn both_forms_of_its_id_are_understood(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let ada = register(&alice, json!({})).await;
    let number = ada.strip_prefix("agent_").unwrap();
    for id in [ada.as_str(), number] {
        let session = alice.create(&with_person(&agent(id))).await;
        let session = get(&alice, &session).await.ok();
        assert_eq!(session["agents"]["primary"]["model"], ada);
        assert_eq!(session["agents"]["primary"]["provider"], "agent");
    }
}

async fn other_peoples_private_agents_and_unknown_ones_are_told_alike(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let ada = register(&alice, json!({})).await;
    let mut answers = Vec::new();
    for id in [
        ada.as_str(),
        "agent_4711",
        "nonsense",
        "agent_99999999999999999999",
    ] {
        let answer = bob.post(CREATE, &with_person(&agent(id))).await;
        refused_at(&answer, &[json!(["body", "agents", "primary", "model"])]);
        answers.push(answer.body["detail"][0]["msg"].clone());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    refused_at(
        &bob.post(CREATE, &with_person(&json!({"provider": "agent"})))
            .await,
        &[json!(["body", "agents", "primary", "model"])],
    );
}

async fn a_shared_agent_may_take_part(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    for shared in [json!(true), json!(["bob"])] {
        let ada = register(&alice, json!({"shared": shared})).await;
        bob.create(&with_person(&agent(&ada))).await;
    }
}

async fn an_agent_only_takes_part_where_it_may_be_used(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let with_people = register(&alice, json!({"interaction_modes": ["human_to_agent"]})).await;
    let with_agents = register(&alice, json!({"interaction_modes": ["agent_to_agent"]})).await;
    let between = |id: &str| json!({"session_type": "agent_agent", "agents": {"a": demo("echo"), "b": agent(id)}});
    alice.create(&with_person(&agent(&with_people))).await;
    alice.create(&between(&with_agents)).await;
    let answer = alice.post(CREATE, &with_person(&agent(&with_agents))).await;
    refused_at(&answer, &[json!(["body", "agents", "primary", "model"])]);
    let answer = alice.post(CREATE, &between(&with_people)).await;
    refused_at(&answer, &[json!(["body", "agents", "b", "model"])]);
}
