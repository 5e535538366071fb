//! Connections end when their user loses access: at once where this server is told, and within five
//! seconds where somebody else wrote it into the store.

use super::{Room, ask};
use crate::support::{Engine, Place, Server, on_both_stores};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use switchboard::system::SystemRandom;
use switchboard_bus::LocalBus;
use switchboard_core::{Ports, identity};
use switchboard_store::Role;
use switchboard_testkit::clock::TestClock;

on_both_stores!(
    a_disabled_users_connections_end_and_no_others,
    a_new_password_ends_all_connections,
    a_logout_ends_the_connections_of_its_token_alone,
    what_a_tool_beside_the_server_writes_counts_within_5_s,
);

async fn a_disabled_users_connections_end_and_no_others(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    let hers = Room::demo(&server, "echo").await;
    let body = json!({"session_type": "human_agent", "agents": {"primary": {"provider": "demo"}}});
    let his = Room::of(&server.login("bob").await, &body).await;
    let (mut one, mut two, mut bobs) = (hers.enter().await, hers.enter().await, his.enter().await);
    identity::disable_user(&server.ports, &"alice".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        one.why_closed().await,
        (4003, "authentication_failed".into())
    );
    assert_eq!(two.closed().await.0, 4003);
    ask(&mut bobs, "still here").await;
}

async fn a_new_password_ends_all_connections(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    let password = "another horse altogether".to_owned();
    identity::set_password(&server.ports, &"alice".parse().unwrap(), password.into())
        .await
        .unwrap();
    assert_eq!(socket.closed().await.0, 4003);
}

async fn a_logout_ends_the_connections_of_its_token_alone(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let elsewhere = Room {
        user: server.login("alice").await,
        session: room.session.clone(),
    };
    let (mut here, mut there) = (room.enter().await, elsewhere.enter().await);
    room.user.post("/api/auth/logout", &json!({})).await;
    assert_eq!(here.closed().await.0, 4003);
    ask(&mut there, "still here").await;
}

async fn what_a_tool_beside_the_server_writes_counts_within_5_s(engine: Engine) {
    let place = Place::new(engine).await;
    let store = place.store.clone();
    let (server, clock) = Server::start_with_clock_at(place, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    let tool = tool(&store, &clock).await;
    identity::disable_user(&tool, &"alice".parse().unwrap())
        .await
        .unwrap();
    clock.advance(Duration::from_secs(5));
    assert_eq!(socket.closed().await.0, 4003);
}

/// What the command line stands on while a server runs: the same store, and a bus of its own.
async fn tool(store: &str, clock: &TestClock) -> Ports {
    let clock = Arc::new(clock.clone());
    let store = switchboard_store::open(&store.to_owned().into(), Role::Tool, clock.clone())
        .await
        .unwrap();
    Ports {
        store,
        bus: Arc::new(LocalBus::default()),
        clock,
        random: Arc::new(SystemRandom),
    }
}
