//! Listing agents, and with whom they are shared.

use serde_json::{Value, json};
use switchboard_testkit::chat::ChatClient;

use super::{LIST, STATUS, capabilities, register, status, unregister};
use crate::{
    rest::{is_time, members, refused},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_list_has_ones_own_agents_with_totals,
    agents_are_private_unless_shared,
    what_the_owner_attached_is_not_shown_to_others,
    a_list_can_be_read_in_pages,
);

async fn listed(client: &ChatClient) -> (Vec<Value>, u64, u64) {
    let list = client.get(LIST).await.ok();
    members(
        &list,
        &["agents", "timestamp", "total_count", "user_owned_count"],
    );
    is_time(&list["timestamp"]);
    let count = |name: &str| list[name].as_u64().unwrap();
    (
        list["agents"].as_array().unwrap().clone(),
        count("total_count"),
        count("user_owned_count"),
    )
}

async fn a_list_has_ones_own_agents_with_totals(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    assert_eq!(listed(&alice).await, (Vec::new(), 0, 0));
    let mut own = Vec::new();
    for name in ["Ada", "Bo", "Cy"] {
        own.push(register(&alice, json!({"name": name, "capabilities": ["maths"]})).await);
    }
    let (agents, total, owned) = listed(&alice).await;
    assert_eq!((agents.len(), total, owned), (3, 3, 3));
    assert_eq!(
        agents
            .iter()
            .map(|agent| &agent["agent_id"])
            .collect::<Vec<_>>(),
        own.iter().collect::<Vec<_>>()
    );
    let item = &agents[0];
    let mut names = [STATUS, &["is_owned", "model", "provider"]].concat();
    names.sort_unstable();
    members(item, &names);
    assert_eq!(
        (&item["provider"], &item["model"]),
        (&json!("demo"), &json!("echo"))
    );
    assert_eq!(
        (&item["name"], &item["owner_id"]),
        (&json!("Ada"), &json!("alice"))
    );
    assert_eq!(
        (&item["is_owned"], &item["capabilities"]),
        (&json!(true), &json!(["maths"]))
    );
    let mut status = status(&alice, &own[0]).await.ok();
    for member in ["provider", "model", "is_owned"] {
        status[member] = item[member].clone();
    }
    assert_eq!(&status, item);
}

async fn agents_are_private_unless_shared(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob, root) = (
        server.login("alice").await,
        server.login("bob").await,
        server.login("root").await,
    );
    let private = register(&alice, json!({})).await;
    let with_bob = register(&alice, json!({"shared": ["bob", "nobody"]})).await;
    let with_all = register(&alice, json!({"shared": true})).await;
    let not_shared = register(&alice, json!({"shared": false})).await;
    let own = register(&bob, json!({})).await;
    for (client, visible) in [(&bob, [true, true]), (&root, [false, true])] {
        for (agent, sees) in [&with_bob, &with_all].into_iter().zip(visible) {
            let expected = if sees { 200 } else { 403 };
            assert_eq!(status(client, agent).await.status, expected);
            assert_eq!(capabilities(client, agent).await.status, expected);
            refused(&unregister(client, agent).await, 403);
        }
        for agent in [&private, &not_shared] {
            let answer = status(client, agent).await;
            assert_eq!(refused(&answer, 403), "Not authorized to access this agent");
            refused(&capabilities(client, agent).await, 403);
            refused(&unregister(client, agent).await, 403);
        }
    }
    let (agents, total, owned) = listed(&bob).await;
    let ids: Vec<_> = agents
        .iter()
        .map(|agent| agent["agent_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [&with_bob, &with_all, &own]);
    assert_eq!((total, owned), (3, 1));
    assert_eq!(
        (&agents[0]["is_owned"], &agents[0]["owner_id"]),
        (&json!(false), &json!("alice"))
    );
    assert_eq!(listed(&alice).await.1, 4);
}

async fn what_the_owner_attached_is_not_shown_to_others(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let agent = register(
        &alice,
        json!({"shared": true, "metadata": {"note": "canary"}}),
    )
    .await;
    assert_eq!(
        status(&alice, &agent).await.ok()["metadata"]["note"],
        "canary"
    );
    assert!(!status(&bob, &agent).await.text.contains("canary"));
    assert!(!bob.get(LIST).await.text.contains("canary"));
}

async fn a_list_can_be_read_in_pages(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let mut own = Vec::new();
    for name in ["Ada", "Bo", "Cy"] {
        own.push(register(&alice, json!({"name": name})).await);
    }
    let (mut after, mut seen) = (String::from("0"), Vec::new());
    loop {
        let query = format!("{LIST}?after={after}&limit=2");
        let list = alice.get(&query).await.ok();
        assert_eq!(
            (&list["total_count"], &list["user_owned_count"]),
            (&json!(3), &json!(3))
        );
        let agents = list["agents"].as_array().unwrap();
        let Some(newest) = agents.last() else { break };
        assert!(agents.len() <= 2);
        let ids = agents
            .iter()
            .map(|agent| agent["agent_id"].as_str().unwrap());
        seen.extend(ids.map(str::to_owned));
        after = newest["agent_id"].as_str().unwrap().replace("agent_", "");
    }
    assert_eq!(seen, own);
    for wrong in ["limit=0", "limit=1001", "after=-1", "after=x"] {
        refused(&alice.get(&format!("{LIST}?{wrong}")).await, 422);
    }
}
