//! Registered agents that take part in sessions.

use super::{Room, ask, asked, content, demo, fake, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::{
    chat::ChatClient,
    provider::{FakeProvider, Plan},
};

on_both_stores!(
    a_registered_agent_takes_part_like_any_other,
    a_registered_agent_brings_its_personality,
    a_registered_agent_takes_part_in_dialogues,
    an_agent_that_was_unregistered_is_not_available,
    an_agent_is_used_only_where_it_may_be,
    an_agent_that_is_not_shared_cannot_be_used,
);

/// Registers an agent, and answers with its id.
async fn register(user: &ChatClient, agent: &Value) -> String {
    user.post("/api/agents/register", agent).await.ok()["agent_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn the_registered(id: &str) -> Value {
    json!({"provider": "agent", "model": id})
}

async fn a_registered_agent_takes_part_like_any_other(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let user = server.login("alice").await;
    let id = register(
        &user,
        &json!({"name": "Parrot", "provider": "demo", "model": "echo"}),
    )
    .await;
    let number = id.strip_prefix("agent_").unwrap();
    for id in [&*id, number] {
        let room = Room::with(&server, &the_registered(id)).await;
        let answer = ask(&mut room.enter().await, "hello").await;
        assert_eq!(
            (content(&answer), &answer["sender"]),
            ("hello", &json!(room.agent(1)))
        );
        assert_eq!(answer["metadata"]["provider"], "demo");
    }
}

async fn a_registered_agent_brings_its_personality(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("ok")]).await;
    let server = server_with(engine, &provider, &[]).await;
    let user = server.login("alice").await;
    let agent =
        json!({"name": "Poet", "provider": "fake", "model": "n", "personality": "Speak in verse."});
    let id = register(&user, &agent).await;
    let room = Room::with(&server, &the_registered(&id)).await;
    ask(&mut room.enter().await, "hello").await;
    let requests = provider.requests();
    assert_eq!(
        asked(&requests[0]),
        [("system", "Speak in verse."), ("user", "hello")]
    );
    assert_eq!(requests[0]["model"], "n");
}

async fn a_registered_agent_takes_part_in_dialogues(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("ok")]).await;
    let server = server_with(engine, &provider, &[("LIMITS_TURNS_PER_AGENT", "1")]).await;
    let user = server.login("alice").await;
    let id = register(
        &user,
        &json!({"name": "Parrot", "provider": "demo", "model": "echo"}),
    )
    .await;
    let room = Room::between(&server, &the_registered(&id), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (_, answers) = socket.until("stop").await;
    assert_eq!(super::contents(&answers), ["ok", "ok"]);
    assert_eq!(answers[1]["metadata"]["provider"], "demo");
}

async fn an_agent_that_was_unregistered_is_not_available(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let user = server.login("alice").await;
    let id = register(
        &user,
        &json!({"name": "Parrot", "provider": "demo", "model": "echo"}),
    )
    .await;
    let room = Room::with(&server, &the_registered(&id)).await;
    let mut socket = room.enter().await;
    ask(&mut socket, "hello").await;
    user.delete(&format!("/api/agents/{id}")).await.ok();
    for about in [3, 5] {
        socket.say("still there?").await;
        let error = socket.expect("error").await;
        assert_eq!(error["metadata"]["code"], "AGENT_UNAVAILABLE");
        assert_eq!(error["metadata"]["reply_to"], about);
    }
}

async fn an_agent_is_used_only_where_it_may_be(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_TURNS_PER_AGENT", "1")]).await;
    let user = server.login("alice").await;
    for (mode, with_people, with_agents) in
        [("human_to_agent", 200, 422), ("agent_to_agent", 422, 200)]
    {
        let agent = json!({"name": "Shy", "provider": "demo", "model": "echo", "interaction_modes": [mode]});
        let id = register(&user, &agent).await;
        let people = json!({"session_type": "human_agent", "agents": {"a": the_registered(&id)}});
        let agents = json!({"session_type": "agent_agent", "agents": {"a": the_registered(&id), "b": demo("echo")}});
        for (body, expected) in [(people, with_people), (agents, with_agents)] {
            let answer = user.post("/api/chat/sessions/create", &body).await;
            assert_eq!(answer.status, expected, "{}", answer.text);
        }
    }
}

async fn an_agent_that_is_not_shared_cannot_be_used(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let bob = server.login("bob").await;
    let id = register(
        &bob,
        &json!({"name": "His", "provider": "demo", "model": "echo"}),
    )
    .await;
    let user = server.login("alice").await;
    let body = json!({"session_type": "human_agent", "agents": {"a": the_registered(&id)}});
    assert_eq!(
        user.post("/api/chat/sessions/create", &body).await.status,
        422
    );
}
