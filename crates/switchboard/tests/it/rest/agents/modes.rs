//! Where an agent may be used is enforced when it is used.

use serde_json::json;

use super::{inbox, register, tell};
use crate::{
    rest::refused,
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(an_agent_for_people_only_neither_sends_nor_receives);

async fn an_agent_for_people_only_neither_sends_nor_receives(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let with_people = register(&alice, json!({"interaction_modes": ["human_to_agent"]})).await;
    let with_agents = register(&alice, json!({"interaction_modes": ["agent_to_agent"]})).await;
    for (from, to) in [(&with_people, &with_agents), (&with_agents, &with_people)] {
        let answer = tell(&alice, from, to, "Hello!").await;
        let detail = refused(&answer, 403).as_str().unwrap();
        assert!(
            detail.contains(&with_people) && detail.contains("agent_to_agent"),
            "{detail}"
        );
    }
    for agent in [&with_people, &with_agents] {
        assert_eq!(inbox(&alice, agent, "").await.ok()["messages"], json!([]));
    }
}
