//! What an agent is doing, and what it can do.

use serde_json::{Value, json};

use super::{STATUS, capabilities, inbox, number, register, status, tell};
use crate::{
    rest::{demo, is_time, members, refused, with_person},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_status_says_who_what_and_since_when,
    capabilities_are_lists,
    every_door_takes_both_forms_of_an_id,
    agents_of_sessions_have_a_status_too,
    a_cooldown_says_until_when,
    what_is_no_agent_is_not_found,
);

async fn a_status_says_who_what_and_since_when(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let more = json!({"capabilities": ["maths"], "metadata": {"color": "red"}});
    let agent = register(&alice, more).await;
    let seen = status(&alice, &agent).await.ok();
    members(&seen, STATUS);
    is_time(&seen["last_active"]);
    let rest = |name: &str| seen[name].clone();
    assert_eq!(
        (rest("agent_id"), rest("name")),
        (json!(agent), json!("Ada"))
    );
    assert_eq!(
        (rest("status"), rest("is_running")),
        (json!("active"), json!(true))
    );
    assert_eq!(
        (rest("capabilities"), rest("message_count")),
        (json!(["maths"]), json!(0))
    );
    assert_eq!(
        rest("interaction_modes"),
        json!(["human_to_agent", "agent_to_agent"])
    );
    assert_eq!(rest("owner_id"), "alice");
    assert_eq!(
        rest("metadata"),
        json!({
            "provider": "demo", "model": "echo", "cooldown_until": null,
            "active_conversations": 0, "color": "red",
        })
    );
    let session = alice
        .create(&with_person(&json!({"provider": "agent", "model": agent})))
        .await;
    let mut socket = alice.connect(&session, "").await;
    socket.say("Hello!").await;
    socket.expect("response").await;
    let after = status(&alice, &agent).await.ok();
    assert_eq!(
        (
            &after["message_count"],
            &after["metadata"]["active_conversations"]
        ),
        (&json!(1), &json!(1))
    );
    assert!(after["last_active"].as_str() > seen["last_active"].as_str());
}

async fn capabilities_are_lists(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let agent = register(
        &alice,
        json!({"capabilities": ["maths"], "personality": "exact", "interaction_modes": ["agent_to_agent"]}),
    )
    .await;
    let mut answer = capabilities(&alice, &agent).await.ok();
    is_time(&answer["timestamp"]);
    answer.as_object_mut().unwrap().remove("timestamp");
    assert_eq!(
        answer,
        json!({
            "agent_id": agent, "agent_type": "ai", "capabilities": ["maths"],
            "interaction_modes": ["agent_to_agent"], "personality": "exact", "owner_id": "alice",
        })
    );
}

async fn every_door_takes_both_forms_of_an_id(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let (ada, bo) = (
        register(&alice, json!({})).await,
        register(&alice, json!({})).await,
    );
    for (ada, bo) in [(ada.as_str(), bo.as_str()), (number(&ada), number(&bo))] {
        status(&alice, ada).await.ok();
        capabilities(&alice, ada).await.ok();
        let sent = tell(&alice, ada, bo, "Hello!").await.ok();
        assert!(sent["sender"].as_str().unwrap().starts_with("agent_"));
        inbox(&alice, bo, "").await.ok();
    }
    super::unregister(&alice, number(&ada)).await.ok();
    super::unregister(&alice, &bo).await.ok();
}

async fn agents_of_sessions_have_a_status_too(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let agent = json!({"provider": "demo", "capabilities": ["talk"], "personality": "kind"});
    let session = alice.create(&with_person(&agent)).await;
    let id = format!("ai1_{session}");
    let seen = status(&alice, &id).await.ok();
    members(&seen, STATUS);
    assert_eq!(
        (&seen["agent_id"], &seen["status"]),
        (&json!(id), &json!("active"))
    );
    assert_eq!(
        (&seen["capabilities"], &seen["owner_id"]),
        (&json!(["talk"]), &json!("alice"))
    );
    assert_eq!(capabilities(&alice, &id).await.ok()["personality"], "kind");
    refused(&status(&bob, &id).await, 403);
    refused(&capabilities(&bob, &id).await, 403);
    refused(&status(&alice, &format!("ai2_{session}")).await, 404);
    alice
        .delete(&format!("/api/chat/sessions/{session}"))
        .await
        .ok();
    refused(&status(&alice, &id).await, 404);
    assert_eq!(alice.get(super::LIST).await.ok()["total_count"], 0);
}

async fn a_cooldown_says_until_when(engine: Engine) {
    let (server, _clock) =
        Server::start_with_clock(engine, &[("LIMITS_TOKENS_PER_MINUTE", "10")]).await;
    let alice = server.login("alice").await;
    let agent = register(&alice, json!({"model": "script"})).await;
    let session = alice
        .create(&with_person(&json!({"provider": "agent", "model": agent})))
        .await;
    let mut socket = alice.connect(&session, "").await;
    socket.say("tokens 50\nsay done").await;
    socket.expect("response").await;
    let seen = status(&alice, &agent).await.ok();
    assert_eq!(
        (&seen["status"], &seen["is_running"]),
        (&json!("cooldown"), &json!(true))
    );
    is_time(&seen["metadata"]["cooldown_until"]);
    let other = alice.create(&with_person(&demo("echo"))).await;
    let fresh = status(&alice, &format!("ai1_{other}")).await.ok();
    assert_eq!(fresh["metadata"]["cooldown_until"], Value::Null);
}

async fn what_is_no_agent_is_not_found(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let real = register(&alice, json!({})).await;
    let odd = [
        "agent_4711",
        "4711",
        "0",
        "-1",
        "agent_",
        "agent_x",
        "agent_agent_1",
        "agent_99999999999999999999",
        "nonsense",
        "%00",
        "ai1_session_00000000000000000000000000000000",
        "ai0_session_00000000000000000000000000000000",
        "ai1_",
        "human_session_00000000000000000000000000000000",
        "%27%20OR%201=1--",
    ];
    for id in odd {
        assert_eq!(
            refused(&capabilities(&alice, id).await, 404)
                .as_str()
                .unwrap()
                .split(' ')
                .count(),
            3,
            "{id}"
        );
        refused(&status(&alice, id).await, 404);
        refused(&inbox(&alice, id, "").await, 404);
        refused(&super::unregister(&alice, id).await, 404);
        refused(&tell(&alice, id, &real, "Hello!").await, 404);
        refused(&tell(&alice, &real, id, "Hello!").await, 404);
    }
    status(&alice, &real).await.ok();
}
