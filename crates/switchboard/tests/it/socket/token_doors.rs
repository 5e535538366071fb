//! API tokens at the door of a session.

use super::{Room, ask};
use crate::support::{Engine, Server, on_both_stores};
use secrecy::ExposeSecret;
use serde_json::json;
use switchboard_core::identity::{self, NewApiToken};
use switchboard_domain::{ids::ApiTokenId, nouns::Scope};
use switchboard_testkit::{chat::ChatClient, socket::Came};

on_both_stores!(
    an_api_token_for_chat_may_talk,
    an_api_token_for_something_else_may_not,
    an_api_token_must_not_stand_in_the_address,
    a_revoked_api_token_ends_its_connections_and_no_others,
);

/// A client with an API token of alice's.
async fn with_token(server: &Server, scopes: &[Scope]) -> (ApiTokenId, ChatClient) {
    let new = NewApiToken {
        name: "for a test".into(),
        owner: "alice".parse().unwrap(),
        scopes: scopes.to_vec(),
        expires_at: None,
    };
    let (token, secret) = identity::create_token(&server.ports, new).await.unwrap();
    (token.id, server.client.with_token(secret.expose_secret()))
}

async fn an_api_token_for_chat_may_talk(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (_, program) = with_token(&server, &[Scope::Chat]).await;
    let agents = json!({"primary": {"provider": "demo", "model": "echo"}});
    let room = Room::of(
        &program,
        &json!({"session_type": "human_agent", "agents": agents}),
    )
    .await;
    ask(&mut room.enter().await, "hello").await;
}

async fn an_api_token_for_something_else_may_not(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (_, program) = with_token(
        &server,
        &[Scope::Tasks, Scope::Workflows, Scope::Act, Scope::Approve],
    )
    .await;
    let mut socket = program.connect(&room.session, "").await;
    assert_eq!(
        socket.next_raw().await,
        Came::Closed(4003, "authentication_failed".into())
    );
}

async fn an_api_token_must_not_stand_in_the_address(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (_, program) = with_token(&server, &[Scope::Chat]).await;
    let query = format!("?token={}", program.token.clone().unwrap());
    let mut socket = program
        .connect_with(&room.session, &query, &[])
        .await
        .unwrap();
    assert_eq!(
        socket.next_raw().await,
        Came::Closed(4003, "authentication_failed".into())
    );
}

async fn a_revoked_api_token_ends_its_connections_and_no_others(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (id, program) = with_token(&server, &[Scope::Chat]).await;
    let same = Room {
        user: program,
        session: room.session.clone(),
    };
    let (mut person, mut machine) = (room.enter().await, same.enter().await);
    identity::revoke_token(&server.ports, &id).await.unwrap();
    assert_eq!(machine.closed().await.0, 4003);
    ask(&mut person, "still here").await;
}
