//! With a real provider, as `scripts/oidc` starts one.

use super::{ACCOUNTS, begin, go, person::Browser, secrets::found_in, settings};
use crate::support::{Engine, Server, on_both_stores};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_core::accounts;
use switchboard_testkit::{PATIENCE, chat::ChatClient, clock::TestClock};
use tokio::time::timeout;

on_both_stores!(
    a_browser_connects_an_account_with_a_real_provider,
    a_code_connects_an_account_with_a_real_provider,
);

/// The provider, if there is one.
fn provider() -> Option<String> {
    let url = std::env::var("SWITCHBOARD_TEST_OIDC").ok();
    let url = url.filter(|url| !url.is_empty());
    if url.is_none() {
        eprintln!("skipped: SWITCHBOARD_TEST_OIDC names no provider; scripts/oidc starts one");
    }
    url
}

async fn token(server: &Server) -> Result<String, accounts::NoToken> {
    let alice = "alice".parse().unwrap();
    let scopes = ["mail.read".to_owned()];
    let token = accounts::token(&server.app, &alice, "place", &scopes).await?;
    let value = token.auth.value.expose_secret();
    Ok(value.strip_prefix("Bearer ").unwrap().to_owned())
}

/// Whether the provider takes the token.
async fn is_good(issuer: &str, token: &str) -> bool {
    let provider = ChatClient::new(issuer).with_token(token);
    provider.get("/me").await.status == 200
}

async fn a_browser_connects_an_account_with_a_real_provider(engine: Engine) {
    let Some(issuer) = provider() else { return };
    let (server, clock) = Server::start_with_clock(engine, &settings(&issuer)).await;
    let alice = server.login("alice").await;
    let (location, mut browser) = go(&alice, &begin(&alice).await).await;
    let page = browser.agree(&location, "alice-there").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains("is connected"), "{page:?}");
    let first = token(&server).await.unwrap();
    assert!(is_good(&issuer, &first).await);

    // To this server the token is old; the provider's clock stands nearly still.
    clock.advance(Duration::from_secs(3599));
    let second = token(&server).await.unwrap();
    assert_ne!(first, second);
    assert!(is_good(&issuer, &second).await);
    told_nowhere(&server, &issuer, &[&first, &second]).await;

    let alice = server.login("alice").await;
    let gone = alice.delete("/api/accounts/place").await.ok();
    assert_eq!(gone, json!({"revoked": true, "hint": null}));
    assert!(!is_good(&issuer, &second).await, "it is revoked");
    assert!(token(&server).await.is_err(), "it is asked for again");
    let place = server.stop().await;
    let secrets = [first, second, "canary-client-secret-5b1".to_owned()];
    assert_eq!(found_in(place.folder.path(), &secrets), [""; 0]);
}

/// No answer tells the tokens. The provider knows which it gave.
async fn told_nowhere(server: &Server, issuer: &str, tokens: &[&String]) {
    let given = ChatClient::new(issuer).get("/issued").await.ok();
    let given = given.as_array().unwrap();
    for token in tokens {
        assert!(given.contains(&json!(token)), "the provider gave it");
    }
    let alice = server.login("alice").await;
    for path in [ACCOUNTS, "/api/capabilities", "/metrics"] {
        let answer = alice.get(path).await;
        let told = |token: &&Value| answer.text.contains(token.as_str().unwrap());
        assert_eq!(given.iter().find(told), None, "{path}");
    }
}

async fn a_code_connects_an_account_with_a_real_provider(engine: Engine) {
    let Some(issuer) = provider() else { return };
    let (server, clock) = Server::start_with_clock(engine, &settings(&issuer)).await;
    let alice = server.login("alice").await;
    let body = json!({"provider": "place", "scopes": ["mail.read"], "device": true});
    let challenge = alice.post(ACCOUNTS, &body).await.ok();
    let page = challenge["device"]["verification_uri_complete"]
        .as_str()
        .unwrap();
    let page = Browser::default().agree(page, "alice-there").await;
    assert_eq!(page.status, 200, "{page:?}");
    let id = challenge["challenge_id"].as_str().unwrap();
    let told = ended(&alice, &clock, &format!("{ACCOUNTS}/challenges/{id}")).await;
    assert_eq!(told["state"], "connected", "{told}");
    let token = token(&server).await.unwrap();
    assert!(is_good(&issuer, &token).await);
}

async fn ended(alice: &ChatClient, clock: &TestClock, path: &str) -> Value {
    let ended = async {
        loop {
            let told = alice.get(path).await.ok();
            if told["state"] != "waiting" {
                return told;
            }
            clock.advance(Duration::from_secs(1));
        }
    };
    timeout(PATIENCE, ended).await.expect("it comes to an end")
}
