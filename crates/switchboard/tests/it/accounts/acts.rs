//! Actions that need an account: they wait for it, go on when it is connected, and use it.

use super::{person::Browser, settings, start_at};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_testkit::{
    PATIENCE,
    chat::{ChatClient, send},
    oauth::FakeOAuth,
};
use tokio::time::timeout;

on_both_stores!(
    an_action_waits_for_an_account_and_uses_it,
    an_account_that_was_changed_is_not_used,
    a_client_that_can_is_shown_a_code,
);

/// A server, a provider with a mailbox behind it, and the tasks of alice's agent that may send mail.
async fn start(engine: Engine) -> (Server, FakeOAuth, ChatClient, String) {
    let provider = FakeOAuth::start().await;
    let host = provider.address.to_string();
    let mut settings = settings(&provider.url);
    settings.push(("OAUTH_PROVIDERS_PLACE_API_HOSTS", &host));
    let clock = Arc::new(switchboard::system::SystemClock);
    let place = crate::support::Place::new(engine).await;
    let server = Server::start_at(place, &settings, clock).await;
    let alice = server.login("alice").await;
    let function = json!({
        "name": "send_mail", "description": "Sends an email.", "capability": "mail.send",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
        "at": "server", "risk": "high", "auth": {"provider": "place", "scopes": ["mail.send"]},
        "http": {"method": "POST", "url": format!("{}/mail", provider.url), "body": {"to": "{{to}}"}},
    });
    let agent = json!({
        "name": "Mailer", "provider": "demo", "model": "script",
        "metadata": {"functions": [function]},
    });
    let agent = alice.post("/api/agents/register", &agent).await.ok();
    let agent = agent["agent_id"].as_str().unwrap();
    let tasks = format!("/agents/{agent}/ap/v1/agent/tasks");
    let task = alice.post(&tasks, &json!({})).await.ok();
    let task = format!("{tasks}/{}", task["task_id"].as_str().unwrap());
    (server, provider, alice, task)
}

/// The agent proposes to write to somebody, for a client that says this of itself.
async fn propose(alice: &ChatClient, task: &str, capabilities: &str) -> Value {
    let request = alice.request(reqwest::Method::POST, &format!("{task}/steps"));
    let request = request.header("x-client-capabilities", capabilities);
    let body = json!({"input": "call send_mail {\"to\": \"bob\"}"});
    let step = send(request.json(&body)).await.ok();
    step["functions"][0].clone()
}

/// Goes the way that an action shows.
async fn connect(alice: &ChatClient, action: &Value) {
    let page = action["auth"]["connect_url"].as_str().unwrap();
    let id = page.rsplit('/').next().unwrap();
    let answer = start_at(alice, &json!({"challenge_id": id})).await;
    let mut browser = Browser::default();
    browser.keep(&answer.headers);
    let location = answer.ok()["location"].as_str().unwrap().to_owned();
    let page = browser.open(&location).await;
    assert_eq!(page.status, 200, "{page:?}");
}

/// The action, once it has this state.
async fn becomes(alice: &ChatClient, action: &Value, state: &str) -> Value {
    let path = format!("/api/actions/{}", action["id"].as_str().unwrap());
    let becoming = async {
        loop {
            let answer = alice.get(&path).await;
            assert!(!answer.text.contains("canary"), "{}", answer.text);
            let seen = answer.ok();
            if seen["state"] == state {
                return seen;
            }
            assert!(seen["ended_at"].is_null(), "not {state}: {seen}");
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, becoming).await.expect(state)
}

async fn approve(alice: &ChatClient, action: &Value) {
    let path = format!("/api/actions/{}/decision", action["id"].as_str().unwrap());
    let body = json!({"decision": "approve", "digest": action["digest"]});
    alice.post(&path, &body).await.ok();
}

async fn an_action_waits_for_an_account_and_uses_it(engine: Engine) {
    let (server, provider, alice, task) = start(engine).await;
    let action = propose(&alice, &task, "mail.send").await;
    assert_eq!(action["state"], "auth_required", "{action}");
    assert_eq!(action["auth"]["provider"], "place");
    assert_eq!(action["auth"]["scopes"], json!(["mail.send"]));
    assert_eq!(action["auth"]["device"], Value::Null);
    assert_eq!(action["auth"]["expires_at"], action["expires_at"]);
    let bob = server.login("bob").await;
    let page = action["auth"]["connect_url"].as_str().unwrap();
    let id = page.rsplit('/').next().unwrap();
    let other = start_at(&bob, &json!({"challenge_id": id})).await;
    assert_eq!(other.status, 404, "the account is to be alice's");

    connect(&alice, &action).await;
    let connected = becomes(&alice, &action, "approval_required").await;
    assert_eq!(connected["auth"], Value::Null);
    assert_ne!(
        connected["digest"], action["digest"],
        "it says which account"
    );
    assert!(provider.asked("/mail").is_empty());
    approve(&alice, &connected).await;
    let done = becomes(&alice, &action, "succeeded").await;
    assert_eq!(done["output"]["body"], json!({"sent": true, "by": "***"}));
    let asked = &provider.asked("/mail")[0];
    assert_eq!(asked["authorization"], "Bearer canary-access-1");
    assert_eq!(asked["body"], "{\"to\":\"bob\"}");
    let trail = alice.get("/api/audit").await;
    assert!(trail.text.contains("account connected"), "{}", trail.text);
    assert!(!trail.text.contains("canary"), "{}", trail.text);
}

async fn an_account_that_was_changed_is_not_used(engine: Engine) {
    let (_server, provider, alice, task) = start(engine).await;
    let action = propose(&alice, &task, "mail.send").await;
    connect(&alice, &action).await;
    let connected = becomes(&alice, &action, "approval_required").await;
    // Another account there, connected after the person looked.
    let body = json!({"provider": "place", "scopes": ["mail.send"]});
    let way = alice.post("/api/accounts", &body).await.ok();
    connect(&alice, &json!({"auth": way})).await;
    approve(&alice, &connected).await;
    let failed = becomes(&alice, &action, "failed").await;
    assert!(
        failed["error"].as_str().unwrap().contains("connected anew"),
        "{failed}"
    );
    assert!(provider.asked("/mail").is_empty());
}

async fn a_client_that_can_is_shown_a_code(engine: Engine) {
    let (_server, provider, alice, task) = start(engine).await;
    let action = propose(&alice, &task, "mail.send, auth.device").await;
    let device = &action["auth"]["device"];
    assert_eq!(device["user_code"], "WDJB-MJHT", "{action}");
    provider.enter_code();
    becomes(&alice, &action, "approval_required").await;
    assert_eq!(provider.asked("/device").len(), 1);
}
