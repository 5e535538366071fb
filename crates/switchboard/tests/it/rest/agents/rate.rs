//! How often a user may do something with agents.

use std::time::Duration;

use serde_json::json;

use super::{LIST, ada, capabilities, inbox, register, status, tell, unregister};
use crate::{
    rest::{REGISTER, too_often},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(twenty_calls_a_minute_about_agents_of_each_user);

async fn twenty_calls_a_minute_about_agents_of_each_user(engine: Engine) {
    let (server, clock) =
        Server::start_with_clock(engine, &[("LIMITS_AGENT_OPS_PER_MINUTE", "")]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let agent = register(&alice, json!({})).await;
    for _ in 0..19 {
        alice.get(LIST).await.ok();
    }
    for answer in [
        alice.post(REGISTER, &ada(json!({}))).await,
        alice.get(LIST).await,
        alice.get("/api/agents/search?q=ada").await,
        status(&alice, &agent).await,
        capabilities(&alice, &agent).await,
        tell(&alice, &agent, &agent, "x").await,
        inbox(&alice, &agent, "").await,
        unregister(&alice, &agent).await,
    ] {
        assert_eq!(too_often(&answer), 3);
    }
    bob.get(LIST).await.ok();
    alice.get("/api/chat/sessions").await.ok();
    clock.advance(Duration::from_secs(3));
    assert_eq!(alice.get(LIST).await.ok()["total_count"], 1);
    too_often(&alice.get(LIST).await);
}
