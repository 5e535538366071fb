//! Tokens for actions: renewed before they end, once, and not after the account is gone.

use super::{ACCOUNTS, connect, start};
use crate::support::{Engine, Server, on_both_stores};
use futures::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;
use switchboard_core::accounts::{self, NoToken};

on_both_stores!(
    a_token_is_renewed_before_it_ends_and_once,
    what_cannot_be_renewed_is_connected_anew,
    another_connection_is_another_account,
);

/// The header that an action of alice's would be made with.
async fn token(server: &Server, scopes: &[&str]) -> Result<String, NoToken> {
    let scopes: Vec<String> = scopes.iter().map(|&scope| scope.into()).collect();
    let alice = "alice".parse().unwrap();
    let token = accounts::token(&server.app, &alice, "place", &scopes).await?;
    assert_eq!(token.auth.header, "authorization");
    assert_eq!(token.auth.hosts.unwrap(), ["127.0.0.1:9"]);
    Ok(token.auth.value.expose_secret().to_owned())
}

async fn a_token_is_renewed_before_it_ends_and_once(engine: Engine) {
    let (server, provider, clock) = start(engine).await;
    let missing = token(&server, &[]).await;
    assert!(
        matches!(missing, Err(NoToken::NotConnected(_))),
        "{missing:?}"
    );
    connect(&server.login("alice").await).await;
    assert_eq!(
        token(&server, &["mail.read"]).await.unwrap(),
        "Bearer canary-access-1"
    );
    let more = token(&server, &["mail.send"]).await;
    assert!(matches!(more, Err(NoToken::NotConnected(_))), "{more:?}");
    clock.advance(Duration::from_secs(3600 - 61));
    assert_eq!(token(&server, &[]).await.unwrap(), "Bearer canary-access-1");
    clock.advance(Duration::from_secs(2));
    provider.behave(|it| it.delay = Duration::from_millis(200));
    let many = join_all((0..20).map(|_| token(&server, &[]))).await;
    for token in many {
        assert_eq!(token.unwrap(), "Bearer canary-access-2");
    }
    let asked = provider.asked("/token");
    assert_eq!(asked.len(), 2, "one renews, the others wait: {asked:?}");
    assert_eq!(asked[1]["refresh_token"], "canary-refresh-1");
    let alice = server.login("alice").await;
    let accounts = alice.get(ACCOUNTS).await.ok();
    assert!(
        accounts["accounts"][0]["renewed_at"].is_string(),
        "{accounts}"
    );
}

async fn what_cannot_be_renewed_is_connected_anew(engine: Engine) {
    let (server, provider, clock) = start(engine).await;
    connect(&server.login("alice").await).await;
    clock.advance(Duration::from_secs(3590));
    provider.behave(|it| it.refuses = Some((503, json!({}))));
    let good = token(&server, &[]).await.unwrap();
    assert_eq!(
        good, "Bearer canary-access-1",
        "it is good for a little longer"
    );
    clock.advance(Duration::from_mins(1));
    let later = token(&server, &[]).await;
    assert!(matches!(later, Err(NoToken::Later(_))), "{later:?}");
    provider.behave(|it| it.refuses = Some((400, json!({"error": "invalid_grant"}))));
    for _ in 0..2 {
        let broken = token(&server, &[]).await;
        assert!(
            matches!(broken, Err(NoToken::NotConnected(_))),
            "{broken:?}"
        );
    }
    let alice = server.login("alice").await;
    let accounts = alice.get(ACCOUNTS).await.ok();
    let broken = accounts["accounts"][0]["broken"].as_str().unwrap();
    assert!(
        broken.contains("invalid_grant") && broken.contains("anew"),
        "{broken}"
    );
    provider.behave(|it| it.refuses = None);
    connect(&alice).await;
    assert_eq!(token(&server, &[]).await.unwrap(), "Bearer canary-access-2");
}

async fn another_connection_is_another_account(engine: Engine) {
    let (server, _provider, _clock) = start(engine).await;
    let alice = server.login("alice").await;
    connect(&alice).await;
    let owner = "alice".parse().unwrap();
    let scopes = vec!["mail.read".to_owned()];
    let store = &*server.ports.store;
    let of = async || {
        accounts::connection(store, &owner, "place", &scopes)
            .await
            .unwrap()
    };
    let first = of().await.unwrap();
    connect(&alice).await;
    let second = of().await.unwrap();
    assert_ne!(first, second);
    alice.delete("/api/accounts/place").await.ok();
    assert_eq!(of().await, None);
}
