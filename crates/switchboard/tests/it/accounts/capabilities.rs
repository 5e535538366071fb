//! What the server offers, before anything is begun.

use super::start;
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use switchboard_testkit::chat::{Answer, send};

on_both_stores!(
    anyone_is_told_what_is_offered,
    demands_are_answered_before_anything_is_begun,
);

const PATH: &str = "/api/capabilities";

async fn ask(server: &Server, header: &str, value: &str) -> Answer {
    let request = server.client.request(reqwest::Method::GET, PATH);
    send(request.header(header, value)).await
}

async fn anyone_is_told_what_is_offered(engine: Engine) {
    let (server, _provider, _clock) = start(engine).await;
    let answer = server.client.get(PATH).await;
    let offered = answer.header("x-server-capabilities").to_owned();
    assert_eq!(offered, "approve, auth.browser, auth.device");
    let body = answer.ok();
    let provider = json!({"name": "place", "scopes": ["openid", "offline_access"], "device": true});
    assert_eq!(body["oauth_providers"], json!([provider]));
    assert_eq!(body["applied"], json!(null));
    let bare = Server::start(engine, &[]).await;
    let answer = bare.client.get(PATH).await;
    assert_eq!(answer.header("x-server-capabilities"), "approve");
}

async fn demands_are_answered_before_anything_is_begun(engine: Engine) {
    let (server, _provider, _clock) = start(engine).await;
    let client = "x-client-capabilities";
    let met = ask(&server, client, "auth.device;need=demand, fly;need=prefer").await;
    assert_eq!(met.ok()["applied"], json!([]));
    let unmet = ask(&server, client, "teleport;need=demand").await;
    assert_eq!(
        (unmet.status, &unmet.body["code"]),
        (412, &json!("DEMAND_UNMET"))
    );
    assert!(unmet.detail().contains("teleport"), "{}", unmet.text);
    for (name, value) in [
        (client, "mail.send;need=must"),
        (client, "a, a"),
        ("agent-autonomy", "mode=always"),
    ] {
        let wrong = ask(&server, name, value).await;
        assert_eq!(wrong.status, 422, "{value}: {}", wrong.text);
        assert_eq!(wrong.body["detail"][0]["loc"], json!(["header", name]));
    }
}
