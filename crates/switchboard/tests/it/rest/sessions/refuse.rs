//! Which sessions are not created.

use serde_json::{Value, json};

use super::listed;
use crate::{
    rest::{CREATE, demo, dialogue, refused, refused_at, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    the_number_of_agents_must_fit_the_type,
    an_unknown_provider_is_named,
    a_provider_without_a_key_says_what_to_do,
    members_of_the_wrong_type_are_named,
    modes_must_fit_the_type,
    what_is_too_large_is_refused,
    several_broken_rules_are_told_at_once,
    keys_are_there_once,
);

fn body(kind: &str, agents: &Value) -> Value {
    json!({"session_type": kind, "agents": agents})
}

async fn the_number_of_agents_must_fit_the_type(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let one = json!({"a": demo("echo")});
    let two = json!({"a": demo("echo"), "b": demo("echo")});
    let three = json!({"a": demo("echo"), "b": demo("echo"), "c": demo("echo")});
    let wrong = [
        ("human_agent", &json!({})),
        ("human_agent", &two),
        ("agent_agent", &json!({})),
        ("agent_agent", &one),
        ("agent_agent", &three),
    ];
    for (kind, agents) in wrong {
        let answer = alice.post(CREATE, &body(kind, agents)).await;
        refused_at(&answer, &[json!(["body", "agents"])]);
    }
    assert!(listed(&alice).await.is_empty());
}

async fn an_unknown_provider_is_named(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    for provider in ["nobody", "", "DEMO", "../demo"] {
        let answer = alice
            .post(CREATE, &with_person(&json!({"provider": provider})))
            .await;
        refused_at(&answer, &[json!(["body", "agents", "primary", "provider"])]);
        assert_eq!(answer.body["detail"][0]["input"], provider);
    }
    let mut second = dialogue("echo");
    second["agents"]["second"] = json!({"provider": "nobody"});
    let answer = alice.post(CREATE, &second).await;
    refused_at(&answer, &[json!(["body", "agents", "second", "provider"])]);
}

async fn a_provider_without_a_key_says_what_to_do(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    for provider in ["openai", "anthropic", "groq", "google"] {
        let answer = alice
            .post(CREATE, &with_person(&json!({"provider": provider})))
            .await;
        let detail = refused(&answer, 400).as_str().unwrap();
        assert!(
            detail.contains(provider) && detail.contains("key"),
            "{detail}"
        );
    }
}

async fn members_of_the_wrong_type_are_named(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let agent = |member: &str, value: Value| {
        let mut agent = demo("echo");
        agent[member] = value;
        with_person(&agent)
    };
    let place = |path: &[&str]| json!([["body"].as_slice(), path].concat());
    let primary = ["agents", "primary"];
    let in_agent = |member: &'static str| place(&[primary.as_slice(), &[member]].concat());
    let one = json!({"a": demo("echo")});
    let cases = [
        (json!({"agents": one}), place(&["session_type"]), "missing"),
        (
            json!({"session_type": "human_agent"}),
            place(&["agents"]),
            "missing",
        ),
        (body("monologue", &one), place(&["session_type"]), "enum"),
        (
            body("human_agent", &json!([])),
            place(&["agents"]),
            "dict_type",
        ),
        (
            json!(["human_agent", one, null, null]),
            place(&[]),
            "model_attributes_type",
        ),
        (
            with_person(&json!(["demo", "echo", null, null, null])),
            place(&primary),
            "model_attributes_type",
        ),
        (
            agent("provider", json!(7)),
            in_agent("provider"),
            "string_type",
        ),
        (agent("model", json!({})), in_agent("model"), "string_type"),
        (
            agent("capabilities", json!("a,b")),
            in_agent("capabilities"),
            "list_type",
        ),
        (
            agent("personality", json!(false)),
            in_agent("personality"),
            "string_type",
        ),
        (
            agent("metadata", json!("x")),
            in_agent("metadata"),
            "dict_type",
        ),
    ];
    for (body, place, kind) in cases {
        let answer = alice.post(CREATE, &body).await;
        assert_eq!(refused_at(&answer, &[place]), [kind], "{}", answer.text);
    }
    let answer = alice
        .post(CREATE, &agent("capabilities", json!(["a", 2])))
        .await;
    refused_at(
        &answer,
        &[json!(["body", "agents", "primary", "capabilities", 1])],
    );
}

async fn modes_must_fit_the_type(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let mut body = with_person(&demo("echo"));
    body["interaction_modes"] = json!(["agent_to_agent"]);
    refused_at(
        &alice.post(CREATE, &body).await,
        &[json!(["body", "interaction_modes"])],
    );
    body["interaction_modes"] = json!(["telepathy"]);
    refused_at(
        &alice.post(CREATE, &body).await,
        &[json!(["body", "interaction_modes", 0])],
    );
    body["interaction_modes"] = json!(["human_to_agent"]);
    alice.create(&body).await;
}

async fn what_is_too_large_is_refused(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let mut body = with_person(&demo("echo"));
    body["metadata"] = json!({"a": "x".repeat(65 * 1024)});
    let answer = alice.post(CREATE, &body).await;
    refused_at(&answer, &[json!(["body", "metadata"])]);
    assert!(
        answer.text.len() < 5000,
        "what is too long is not sent back"
    );
    let body = with_person(&json!({"provider": "demo", "personality": "x".repeat(20_001)}));
    let answer = alice.post(CREATE, &body).await;
    refused_at(
        &answer,
        &[json!(["body", "agents", "primary", "personality"])],
    );
    assert!(
        answer.text.len() < 5000,
        "what is too long is not sent back"
    );
}

async fn several_broken_rules_are_told_at_once(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let long = "x".repeat(201);
    let agent = json!({"provider": "demo", "model": long, "capabilities": ["fine", long]});
    let answer = alice.post(CREATE, &with_person(&agent)).await;
    let primary = |rest: &[Value]| {
        json!([&[json!("body"), json!("agents"), json!("primary")], rest].concat())
    };
    refused_at(
        &answer,
        &[
            primary(&[json!("model")]),
            primary(&[json!("capabilities"), json!(1)]),
        ],
    );
}

async fn keys_are_there_once(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let twice = r#"{"session_type": "agent_agent", "agents": {
        "a": {"provider": "demo"}, "a": {"provider": "demo"}}}"#;
    let answer = crate::rest::post_text(&alice, CREATE, "application/json", twice).await;
    refused_at(&answer, &[json!(["body", "agents"])]);
    let mut empty = with_person(&demo("echo"));
    empty["agents"] = json!({"": demo("echo")});
    refused(&alice.post(CREATE, &empty).await, 422);
}
