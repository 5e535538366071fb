//! API tokens: what programs show instead of a password.

use std::time::Duration;

use switchboard_core::identity::{self, NewApiToken};
use switchboard_domain::{
    Timestamp,
    nouns::{ApiToken, Scope},
    ports::Clock as _,
};
use switchboard_testkit::chat::ChatClient;

use super::{LOGOUT, verify};
use crate::{
    rest::{SESSIONS, post_nothing, refused},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_token_acts_for_its_owner,
    a_token_without_the_scope_is_refused,
    a_revoked_token_is_refused_at_once,
    an_expired_token_is_refused,
    a_token_is_no_login,
    a_disabled_owner_takes_the_tokens_along,
    what_looks_like_a_token_is_none,
);

/// Makes a token for alice, and a client that shows it.
async fn token(
    server: &Server,
    scope: Scope,
    expires_at: Option<Timestamp>,
) -> (ApiToken, ChatClient) {
    use secrecy::ExposeSecret as _;
    let (name, owner) = ("ci".to_owned(), "alice".parse().unwrap());
    let new = NewApiToken {
        name,
        owner,
        scopes: vec![scope],
        expires_at,
    };
    let (token, secret) = identity::create_token(&server.ports, new).await.unwrap();
    (token, server.client.with_token(secret.expose_secret()))
}

async fn a_token_acts_for_its_owner(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (_, program) = token(&server, Scope::Chat, None).await;
    let session = program.demo_session("echo").await;
    let alice = server.login("alice").await;
    alice.get(&format!("{SESSIONS}/{session}")).await.ok();
    let bob = server.login("bob").await;
    refused(&bob.get(&format!("{SESSIONS}/{session}")).await, 403);
}

async fn a_token_without_the_scope_is_refused(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    for scope in [Scope::Tasks, Scope::Workflows, Scope::Act, Scope::Approve] {
        let (_, program) = token(&server, scope, None).await;
        let answer = program.get(SESSIONS).await;
        assert_eq!(
            refused(&answer, 403),
            "This API token lacks the scope `chat`"
        );
    }
}

async fn a_revoked_token_is_refused_at_once(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (made, program) = token(&server, Scope::Chat, None).await;
    program.get(SESSIONS).await.ok();
    identity::revoke_token(&server.ports, &made.id)
        .await
        .unwrap();
    assert_eq!(refused(&program.get(SESSIONS).await, 401), "Invalid token");
}

async fn an_expired_token_is_refused(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let (_, program) = token(&server, Scope::Chat, Some(clock.now().plus_seconds(60))).await;
    program.get(SESSIONS).await.ok();
    clock.advance(Duration::from_mins(1));
    assert_eq!(refused(&program.get(SESSIONS).await, 401), "Invalid token");
}

async fn a_token_is_no_login(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (_, program) = token(&server, Scope::Chat, None).await;
    refused(&post_nothing(&program, LOGOUT).await, 403);
    refused(&verify(&program).await, 422);
    program.get(SESSIONS).await.ok();
}

async fn a_disabled_owner_takes_the_tokens_along(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (_, program) = token(&server, Scope::Chat, None).await;
    identity::disable_user(&server.ports, &"alice".parse().unwrap())
        .await
        .unwrap();
    refused(&program.get(SESSIONS).await, 401);
}

async fn what_looks_like_a_token_is_none(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (made, program) = token(&server, Scope::Chat, None).await;
    let secret = program.token.unwrap();
    let wrong = [
        "swb_",
        "swb_x",
        made.id.as_str(),
        &secret[..secret.len() - 1],
        &secret.to_lowercase(),
    ];
    for wrong in wrong {
        refused(&server.client.with_token(wrong).get(SESSIONS).await, 401);
    }
}
