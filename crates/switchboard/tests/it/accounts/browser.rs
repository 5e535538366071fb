//! The way with a browser, and those who would like to go it for somebody else.

use super::{ACCOUNTS, begin, connect, go, person::Browser, program, start, start_at};
use crate::support::{Engine, on_both_stores};
use serde_json::json;
use std::time::Duration;
use switchboard_domain::nouns::Scope;
use switchboard_testkit::chat::send;

on_both_stores!(
    an_account_is_connected_listed_and_taken_away,
    only_its_owner_goes_a_way_and_only_once,
    a_browser_that_was_not_sent_is_not_taken_in,
    what_the_provider_refuses_is_told,
    a_way_lapses,
    what_is_asked_for_wrongly_is_refused,
);

async fn an_account_is_connected_listed_and_taken_away(engine: Engine) {
    let (server, provider, _clock) = start(engine).await;
    let alice = server.login("alice").await;
    assert_eq!(alice.get(ACCOUNTS).await.ok(), json!({"accounts": []}));
    let challenge = begin(&alice).await;
    assert_eq!(challenge["state"], "waiting");
    let id = challenge["challenge_id"].as_str().unwrap();
    let page = format!("{}/connect/{id}", server.client.base());
    assert_eq!(challenge["connect_url"], page);
    let (location, mut browser) = go(&alice, &challenge).await;
    let asked = location.split_once('?').unwrap();
    assert_eq!(asked.0, format!("{}/authorize", provider.url));
    let page = browser.open(&location).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("Your account with place is connected"),
        "{}",
        page.text
    );

    let query = &provider.asked("/authorize")[0];
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["scope"], "openid offline_access mail.read");
    assert_eq!(query["prompt"], "consent");
    let form = &provider.asked("/token")[0];
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["redirect_uri"], query["redirect_uri"]);
    assert!(form["code_verifier"].len() >= 43);

    let path = format!("{ACCOUNTS}/challenges/{id}?wait_s=30");
    assert_eq!(alice.get(&path).await.ok()["state"], "connected");
    let accounts = alice.get(ACCOUNTS).await;
    assert!(!accounts.text.contains("canary"), "{}", accounts.text);
    let account = &accounts.ok()["accounts"][0];
    assert_eq!(account["provider"], "place");
    assert_eq!(
        account["scopes"],
        json!(["openid", "offline_access", "mail.read"])
    );
    let bob = server.login("bob").await;
    assert_eq!(bob.get(ACCOUNTS).await.ok(), json!({"accounts": []}));
    assert_eq!(bob.delete("/api/accounts/place").await.status, 404);

    let gone = alice.delete("/api/accounts/place").await.ok();
    assert_eq!(gone, json!({"revoked": true, "hint": null}));
    let ended: Vec<_> = provider
        .asked("/revoke")
        .iter()
        .map(|it| it["token"].clone())
        .collect();
    assert_eq!(ended, ["canary-refresh-1", "canary-access-1"]);
    assert_eq!(alice.get(ACCOUNTS).await.ok(), json!({"accounts": []}));
    assert_eq!(alice.delete("/api/accounts/place").await.status, 404);
}

async fn only_its_owner_goes_a_way_and_only_once(engine: Engine) {
    let (server, _provider, _clock) = start(engine).await;
    let alice = server.login("alice").await;
    let challenge = begin(&alice).await;
    let bob = server.login("bob").await;
    assert_eq!(start_at(&bob, &challenge).await.status, 404);
    assert_eq!(start_at(&server.client, &challenge).await.status, 401);
    let program = program(&server, "alice", Scope::Approve).await;
    assert_eq!(
        start_at(&program, &challenge).await.status,
        403,
        "no person"
    );
    let id = challenge["challenge_id"].as_str().unwrap();
    let path = format!("{ACCOUNTS}/challenges/{id}");
    assert_eq!(bob.get(&path).await.status, 404);
    assert_eq!(program.get(&path).await.ok()["state"], "waiting");

    let (location, mut browser) = go(&alice, &challenge).await;
    let page = browser.open(&location).await;
    assert_eq!(page.status, 200);
    let again = browser.open(page.url.as_str()).await;
    assert_eq!(again.status, 400, "{}", again.text);
    assert_eq!(start_at(&alice, &challenge).await.status, 409);
}

async fn a_browser_that_was_not_sent_is_not_taken_in(engine: Engine) {
    let (server, provider, _clock) = start(engine).await;
    let alice = server.login("alice").await;
    let challenge = begin(&alice).await;
    let (location, mut browser) = go(&alice, &challenge).await;
    let other = Browser::default().open(&location).await;
    assert_eq!(other.status, 400, "without the cookie");
    let (second, mut second_browser) = go(&alice, &begin(&alice).await).await;
    let stale = browser.open(&location).await;
    assert_eq!(stale.status, 400, "the way was begun once more, elsewhere");
    let changed = second.replace("&state=challenge_", "&state=challenge_0");
    assert_eq!(second_browser.open(&changed).await.status, 400);
    assert!(provider.asked("/token").is_empty(), "no code was used");
    assert_eq!(second_browser.open(&second).await.status, 200);
    for query in [
        "",
        "?state=x",
        "?code=a&state=challenge_1.x",
        "?error=%3Cb%3E&state=%3Cb%3E",
    ] {
        let url = format!("{}/connect/callback{query}", server.client.base());
        let page = browser.open(&url).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(!page.text.contains("<b>"), "{}", page.text);
    }
}

async fn what_the_provider_refuses_is_told(engine: Engine) {
    let (server, provider, _clock) = start(engine).await;
    let alice = server.login("alice").await;
    let mut failures = Vec::new();
    for n in 0..3 {
        provider.behave(|it| {
            it.issuer = (n == 0).then(|| "https://evil.example".to_owned());
            it.refuses = (n == 1).then(|| (400, json!({"error": "invalid_client"})));
            it.scope = (n == 2).then(|| "openid offline_access".to_owned());
        });
        let challenge = begin(&alice).await;
        let (location, mut browser) = go(&alice, &challenge).await;
        let page = browser.open(&location).await;
        let id = challenge["challenge_id"].as_str().unwrap();
        let told = alice.get(&format!("{ACCOUNTS}/challenges/{id}")).await.ok();
        assert_eq!(told["state"], "failed", "{told}");
        failures.push((page.status, told["error"].as_str().unwrap().to_owned()));
    }
    let wanted = [
        (400, "issued by another provider"),
        (400, "invalid_client"),
        (200, "it left out mail.read"),
    ];
    for ((status, error), (wanted_status, wanted)) in failures.iter().zip(wanted) {
        assert!(error.contains(wanted), "{error}");
        assert_eq!(*status, wanted_status, "{error}");
    }
}

async fn a_way_lapses(engine: Engine) {
    let (server, _provider, clock) = start(engine).await;
    let alice = server.login("alice").await;
    let challenge = begin(&alice).await;
    let (location, mut browser) = go(&alice, &challenge).await;
    clock.advance(Duration::from_mins(10));
    assert_eq!(browser.open(&location).await.status, 400);
    let id = challenge["challenge_id"].as_str().unwrap();
    let path = format!("{ACCOUNTS}/challenges/{id}");
    let lapsed = async {
        loop {
            let told = alice.get(&path).await.ok();
            if told["state"] == "failed" {
                return told;
            }
            tokio::task::yield_now().await;
        }
    };
    let told = tokio::time::timeout(switchboard_testkit::PATIENCE, lapsed)
        .await
        .unwrap();
    assert!(
        told["error"].as_str().unwrap().contains("in time"),
        "{told}"
    );
    assert_eq!(start_at(&alice, &challenge).await.status, 409);
}

async fn what_is_asked_for_wrongly_is_refused(engine: Engine) {
    let (server, _provider, _clock) = start(engine).await;
    let alice = server.login("alice").await;
    for (body, status) in [
        (json!({"provider": "elsewhere"}), 404),
        (json!({"provider": "place", "scopes": ["a b"]}), 422),
        (json!({"provider": "place", "scopes": [1]}), 422),
        (json!({}), 422),
    ] {
        assert_eq!(alice.post(ACCOUNTS, &body).await.status, status, "{body}");
    }
    let chat = program(&server, "alice", Scope::Chat).await;
    assert_eq!(chat.get(ACCOUNTS).await.status, 403);
    let path = format!("{ACCOUNTS}/challenges/x");
    assert_eq!(alice.get(&path).await.status, 404);
    let page = send(server.client.request(reqwest::Method::GET, "/connect/any")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("page/connect.js"), "{}", page.text);
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    connect(&alice).await;
}
