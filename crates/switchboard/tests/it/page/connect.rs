//! Connecting an account, as its owner does it in a browser.

use super::visit;
use crate::support::PASSWORD;
use serde_json::json;
use switchboard_testkit::oauth::FakeOAuth;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_and_connects_an_account() {
    let provider = FakeOAuth::start().await;
    let settings = [
        ("OAUTH_PROVIDERS_PLACE_ISSUER", provider.url.as_str()),
        ("OAUTH_PROVIDERS_PLACE_CLIENT_ID", "switchboard"),
    ];
    let Some((server, mut person)) = visit(&settings).await else {
        return;
    };
    let alice = server.login("alice").await;
    let wanted = json!({"provider": "place", "scopes": ["mail.<b>read</b>"]});
    let challenge = alice.post("/api/accounts", &wanted).await.ok();
    let page = challenge["connect_url"].as_str().unwrap();
    person.browser.open(page).await;
    person.sees("#said", "Sign in to see").await;
    person.sign_in("wrong").await;
    person
        .sees("#said", "The name or the password is wrong")
        .await;
    person
        .browser
        .ask("document.querySelector('[name=username]').focus()")
        .await;
    person.sign_in(PASSWORD).await;
    person
        .sees("#said", "Connect your account with place?")
        .await;
    person.sees("#scopes", "mail.<b>read</b>").await;
    person
        .browser
        .ask("document.querySelector('#go').click()")
        .await;
    person
        .sees("#said", "Your account with place is connected")
        .await;
    let cookie = person.browser.ask("document.cookie").await;
    assert_eq!(cookie, json!(""), "no script sees the cookie");
    let accounts = alice.get("/api/accounts").await.ok();
    assert_eq!(accounts["accounts"][0]["provider"], "place");
    // Whoever opens it once more is told.
    person.browser.open(page).await;
    person
        .sees("#said", "Your account with place is connected")
        .await;
    person.leaves().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_is_told_nothing() {
    let settings = [
        ("OAUTH_PROVIDERS_PLACE_TOKEN_URL", "http://127.0.0.1:9/"),
        (
            "OAUTH_PROVIDERS_PLACE_AUTHORIZATION_URL",
            "http://127.0.0.1:9/",
        ),
        ("OAUTH_PROVIDERS_PLACE_CLIENT_ID", "switchboard"),
    ];
    let Some((server, mut person)) = visit(&settings).await else {
        return;
    };
    let bob = server.login("bob").await;
    let wanted = json!({"provider": "place", "scopes": ["canary"]});
    let challenge = bob.post("/api/accounts", &wanted).await.ok();
    let page = challenge["connect_url"].as_str().unwrap();
    person.browser.open(page).await;
    person.sign_in(PASSWORD).await;
    person
        .sees("#said", "nothing to connect here for you")
        .await;
    let text = person.browser.ask("document.body.textContent").await;
    assert!(!text.as_str().unwrap().contains("canary"), "{text}");
    person.leaves().await;
}
