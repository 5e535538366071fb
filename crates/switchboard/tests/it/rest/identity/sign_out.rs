//! How access tokens end before their time, and what does not end them.

use std::sync::Arc;

use serde_json::json;
use switchboard::system::SystemClock;
use switchboard_core::identity;

use super::{LOGOUT, verify};
use crate::{
    rest::{SESSIONS, post_nothing, refused},
    support::{Engine, PASSWORD, Server, on_both_stores},
};

on_both_stores!(
    a_logout_ends_its_token_at_once_and_no_other,
    a_new_password_ends_all_tokens,
    a_disabled_user_has_no_tokens,
    tokens_survive_a_restart_and_ended_ones_stay_ended,
);

async fn a_logout_ends_its_token_at_once_and_no_other(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (here, there) = (server.login("alice").await, server.login("alice").await);
    let body = post_nothing(&here, LOGOUT).await.ok();
    assert_eq!(body, json!({"status": "success", "message": "Logged out"}));
    assert_eq!(refused(&here.get(SESSIONS).await, 401), "Invalid token");
    refused(&verify(&here).await, 401);
    refused(&post_nothing(&here, LOGOUT).await, 401);
    verify(&there).await.ok();
    server.login("alice").await.get(SESSIONS).await.ok();
}

async fn a_new_password_ends_all_tokens(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let new = "another horse".to_owned();
    identity::set_password(&server.ports, &"alice".parse().unwrap(), new.into())
        .await
        .unwrap();
    refused(&alice.get(SESSIONS).await, 401);
    refused(&verify(&alice).await, 401);
    bob.get(SESSIONS).await.ok();
    refused(&server.client.try_login("alice", PASSWORD).await, 401);
    server
        .client
        .login("alice", "another horse")
        .await
        .get(SESSIONS)
        .await
        .ok();
}

async fn a_disabled_user_has_no_tokens(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    identity::disable_user(&server.ports, &"alice".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(refused(&alice.get(SESSIONS).await, 401), "Invalid token");
    refused(&verify(&alice).await, 401);
}

async fn tokens_survive_a_restart_and_ended_ones_stay_ended(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (alice, gone) = (server.login("alice").await, server.login("alice").await);
    let session = alice.demo_session("echo").await;
    post_nothing(&gone, LOGOUT).await.ok();
    let place = server.stop().await;
    let server = Server::start_at(place, &[], Arc::new(SystemClock)).await;
    let alice = server.client.with_token(alice.token.unwrap());
    assert_eq!(verify(&alice).await.ok()["user"], "alice");
    alice.get(&format!("{SESSIONS}/{session}")).await.ok();
    refused(
        &verify(&server.client.with_token(gone.token.unwrap())).await,
        401,
    );
}
