//! Registering agents.

use serde_json::{Value, json};

use super::{ada, capabilities, number, register, status};
use crate::{
    rest::{REGISTER, is_time, members, refused, refused_at},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_registered_agent_is_described_with_joined_lists,
    what_is_left_out_has_a_default,
    ids_are_whole_numbers_that_grow_and_are_never_used_again,
    wrong_members_are_named,
    an_agent_needs_a_provider_that_can_run_it,
    many_at_once_all_get_their_own_id,
);

async fn a_registered_agent_is_described_with_joined_lists(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let body = ada(json!({
        "model": "llama-3-70b", "capabilities": ["maths", "logic"], "personality": "exact",
        "interaction_modes": ["human_to_agent", "agent_to_agent"], "metadata": {"color": "red"},
    }));
    let mut made = alice.post(REGISTER, &body).await.ok();
    is_time(&made["timestamp"]);
    assert!(
        number(made["agent_id"].as_str().unwrap())
            .parse::<u64>()
            .is_ok()
    );
    for member in ["agent_id", "timestamp"] {
        made.as_object_mut().unwrap().remove(member);
    }
    assert_eq!(
        made,
        json!({
            "status": "registered", "name": "Ada", "provider": "demo", "model": "llama-3-70b",
            "capabilities": "maths,logic", "interaction_modes": "human_to_agent,agent_to_agent",
            "owner_id": "alice",
        })
    );
}

async fn what_is_left_out_has_a_default(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let least = json!({"name": "Ada", "provider": "demo"});
    let with_nulls = json!({
        "name": "Ada", "provider": "demo", "model": null, "capabilities": null,
        "interaction_modes": null, "personality": null, "metadata": null, "shared": null,
    });
    for body in [least, with_nulls] {
        let made = alice.post(REGISTER, &body).await.ok();
        assert_eq!(
            (&made["model"], &made["capabilities"]),
            (&json!("echo"), &json!(""))
        );
        assert_eq!(made["interaction_modes"], "human_to_agent,agent_to_agent");
        let id = made["agent_id"].as_str().unwrap();
        let described = capabilities(&alice, id).await.ok();
        assert_eq!(
            (&described["capabilities"], &described["personality"]),
            (&json!([]), &Value::Null)
        );
        refused(&status(&server.login("bob").await, id).await, 403);
    }
}

async fn ids_are_whole_numbers_that_grow_and_are_never_used_again(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let first: u64 = number(&register(&alice, json!({})).await).parse().unwrap();
    super::unregister(&alice, &format!("agent_{first}"))
        .await
        .ok();
    let second: u64 = number(&register(&alice, json!({})).await).parse().unwrap();
    assert!(second > first);
}

async fn wrong_members_are_named(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let long = "x".repeat(201);
    let cases = [
        (json!({"provider": "demo"}), json!(["body", "name"])),
        (json!({"name": "Ada"}), json!(["body", "provider"])),
        (ada(json!({"name": ""})), json!(["body", "name"])),
        (ada(json!({"name": long})), json!(["body", "name"])),
        (ada(json!({"name": 7})), json!(["body", "name"])),
        (
            ada(json!({"capabilities": ["a", ""]})),
            json!(["body", "capabilities", 1]),
        ),
        (
            ada(json!({"interaction_modes": ["telepathy"]})),
            json!(["body", "interaction_modes", 0]),
        ),
        (ada(json!({"metadata": []})), json!(["body", "metadata"])),
        (
            ada(json!({"metadata": {"a": "x".repeat(65 * 1024)}})),
            json!(["body", "metadata"]),
        ),
        (ada(json!({"shared": "bob"})), json!(["body", "shared"])),
        (
            ada(json!({"shared": ["not a name"]})),
            json!(["body", "shared"]),
        ),
    ];
    for (body, place) in cases {
        refused_at(&alice.post(REGISTER, &body).await, &[place]);
    }
    let list = alice.get(super::LIST).await.ok();
    members(
        &list,
        &["agents", "timestamp", "total_count", "user_owned_count"],
    );
    assert_eq!(list["total_count"], 0);
}

async fn an_agent_needs_a_provider_that_can_run_it(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    for provider in ["nobody", "agent"] {
        let answer = alice
            .post(REGISTER, &ada(json!({"provider": provider})))
            .await;
        refused_at(&answer, &[json!(["body", "provider"])]);
    }
    refused(
        &alice
            .post(REGISTER, &ada(json!({"provider": "groq"})))
            .await,
        400,
    );
}

async fn many_at_once_all_get_their_own_id(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let registrations = (0..20).map(|_| register(&alice, json!({})));
    let mut ids = futures::future::join_all(registrations).await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}
