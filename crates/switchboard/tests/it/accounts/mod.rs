//! Accounts with providers of OAuth, as their owners and others see them.

mod acts;
mod browser;
mod capabilities;
mod device;
mod person;
mod real;
mod renewal;
mod secrets;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard_core::identity::{self, NewApiToken};
use switchboard_domain::nouns::Scope;
use switchboard_testkit::{
    chat::{Answer, ChatClient, send},
    clock::TestClock,
    oauth::FakeOAuth,
};

use crate::support::{Engine, Server};
use person::Browser;

const ACCOUNTS: &str = "/api/accounts";

/// The settings of a provider `place` at this issuer.
fn settings(issuer: &str) -> Vec<(&str, &str)> {
    vec![
        ("OAUTH_PROVIDERS_PLACE_ISSUER", issuer),
        ("OAUTH_PROVIDERS_PLACE_CLIENT_ID", "switchboard"),
        (
            "OAUTH_PROVIDERS_PLACE_CLIENT_SECRET",
            "canary-client-secret-5b1",
        ),
        ("OAUTH_PROVIDERS_PLACE_SCOPES", "openid,offline_access"),
        (
            "OAUTH_PROVIDERS_PLACE_AUTHORIZATION_PARAMS",
            "prompt=consent",
        ),
        ("OAUTH_PROVIDERS_PLACE_API_HOSTS", "127.0.0.1:9"),
    ]
}

/// A server, a provider that consents at once, and a clock that the test moves.
async fn start(engine: Engine) -> (Server, FakeOAuth, TestClock) {
    let provider = FakeOAuth::start().await;
    let (server, clock) = Server::start_with_clock(engine, &settings(&provider.url)).await;
    (server, provider, clock)
}

/// Begins to connect an account for reading mail.
async fn begin(client: &ChatClient) -> Value {
    let body = json!({"provider": "place", "scopes": ["mail.read"]});
    client.post(ACCOUNTS, &body).await.ok()
}

/// The way's page sends its owner on: where to, and the browser that was told to go.
async fn go(client: &ChatClient, challenge: &Value) -> (String, Browser) {
    let answer = start_at(client, challenge).await;
    let mut browser = Browser::default();
    browser.keep(&answer.headers);
    let location = answer.ok()["location"].as_str().unwrap().to_owned();
    (location, browser)
}

async fn start_at(client: &ChatClient, challenge: &Value) -> Answer {
    let id = challenge["challenge_id"].as_str().unwrap();
    send(client.request(Method::POST, &format!("/connect/{id}"))).await
}

/// Connects an account with a provider that consents at once.
async fn connect(client: &ChatClient) {
    let (location, mut browser) = go(client, &begin(client).await).await;
    let page = browser.open(&location).await;
    assert_eq!(page.status, 200, "{}", page.text);
}

/// A client with an API token of this user's, for this alone.
async fn program(server: &Server, owner: &str, scope: Scope) -> ChatClient {
    let new = NewApiToken {
        name: "program".to_owned(),
        owner: owner.parse().unwrap(),
        scopes: vec![scope],
        expires_at: None,
    };
    let (_, secret) = identity::create_token(&server.ports, new).await.unwrap();
    server
        .client
        .with_token(secrecy::ExposeSecret::expose_secret(&secret))
}
