//! The way by a code that is entered elsewhere.

use super::{ACCOUNTS, start};
use crate::support::{Engine, on_both_stores};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_testkit::{PATIENCE, chat::ChatClient, clock::TestClock};
use tokio::time::timeout;

on_both_stores!(
    a_code_connects_an_account,
    a_code_that_is_refused_connects_none
);

async fn by_device(client: &ChatClient) -> (String, Value) {
    let body = json!({"provider": "place", "scopes": ["mail.read"], "device": true});
    let challenge = client.post(ACCOUNTS, &body).await;
    assert!(!challenge.text.contains("canary"), "{}", challenge.text);
    let challenge = challenge.ok();
    let id = challenge["challenge_id"].as_str().unwrap();
    (format!("{ACCOUNTS}/challenges/{id}"), challenge)
}

/// Lets time pass until the way came to its end.
async fn ended(client: &ChatClient, clock: &TestClock, path: &str) -> Value {
    let ended = async {
        loop {
            let told = client.get(path).await.ok();
            if told["state"] != "waiting" {
                return told;
            }
            clock.advance(Duration::from_secs(1));
        }
    };
    timeout(PATIENCE, ended).await.expect("it comes to an end")
}

async fn a_code_connects_an_account(engine: Engine) {
    let (server, provider, clock) = start(engine).await;
    let alice = server.login("alice").await;
    let (path, challenge) = by_device(&alice).await;
    assert_eq!(challenge["connect_url"], Value::Null);
    assert_eq!(challenge["device"]["user_code"], "WDJB-MJHT");
    let place = format!("{}/enter", provider.url);
    assert_eq!(challenge["device"]["verification_uri"], place);
    let asked = async {
        while provider.asked("/token").len() < 2 {
            clock.advance(Duration::from_secs(1));
            // Asking takes a moment, and so does this.
            alice.get(&path).await.ok();
        }
    };
    timeout(PATIENCE, asked)
        .await
        .expect("the provider is asked again");
    assert_eq!(alice.get(&path).await.ok()["state"], "waiting");
    provider.enter_code();
    assert_eq!(ended(&alice, &clock, &path).await["state"], "connected");
    let account = alice.get(ACCOUNTS).await.ok()["accounts"][0].clone();
    assert_eq!(
        account["scopes"],
        json!(["openid", "offline_access", "mail.read"])
    );
    let grant = &provider.asked("/token")[0];
    assert_eq!(grant["device_code"], "canary-device-code");
}

async fn a_code_that_is_refused_connects_none(engine: Engine) {
    let (server, provider, clock) = start(engine).await;
    let alice = server.login("alice").await;
    provider.behave(|it| it.refuses = Some((400, json!({"error": "access_denied"}))));
    let (path, _) = by_device(&alice).await;
    let told = ended(&alice, &clock, &path).await;
    assert_eq!(told["state"], "failed");
    assert!(
        told["error"].as_str().unwrap().contains("access_denied"),
        "{told}"
    );
    assert_eq!(alice.get(ACCOUNTS).await.ok(), json!({"accounts": []}));
}
