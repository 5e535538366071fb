//! Signing in.

use serde_json::json;
use switchboard_core::identity;
use switchboard_testkit::chat::send;

use crate::{
    rest::{members, post_text, refused, refused_at},
    support::{Engine, PASSWORD, Server, on_both_stores},
};

const LOGIN: &str = "/api/auth/login";
const FORM: &str = "application/x-www-form-urlencoded";

on_both_stores!(
    the_right_password_gives_a_token,
    the_life_of_a_token_can_be_set,
    extra_fields_of_oauth_clients_do_no_harm,
    wrong_credentials_are_refused_without_saying_what_was_wrong,
    odd_names_are_refused_like_wrong_ones,
    missing_and_empty_fields_are_all_named,
    a_login_is_a_form_and_nothing_else,
    a_disabled_user_is_refused_until_given_a_new_password,
);

async fn the_right_password_gives_a_token(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let answer = server.client.try_login("alice", PASSWORD).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let token = answer.ok();
    members(&token, &["access_token", "expires_in", "token_type"]);
    assert_eq!(
        (&token["token_type"], &token["expires_in"]),
        (&json!("bearer"), &json!(1800))
    );
    let alice = server
        .client
        .with_token(token["access_token"].as_str().unwrap());
    assert_eq!(alice.get("/api/chat/sessions").await.ok()["total_count"], 0);
}

async fn the_life_of_a_token_can_be_set(engine: Engine) {
    let server = Server::start(engine, &[("ACCESS_TOKEN_S", "60")]).await;
    assert_eq!(
        server.client.try_login("alice", PASSWORD).await.ok()["expires_in"],
        60
    );
}

async fn extra_fields_of_oauth_clients_do_no_harm(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let body = "grant_type=password&username=alice&password=correct+horse&scope=&client_id=x";
    let kind = format!("{FORM}; charset=utf-8");
    post_text(&server.client, LOGIN, &kind, body).await.ok();
}

async fn wrong_credentials_are_refused_without_saying_what_was_wrong(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let wrong = [
        ("alice", "wrong password"),
        ("nobody", PASSWORD),
        ("ALICE", PASSWORD),
    ];
    for (name, password) in wrong {
        let answer = server.client.try_login(name, password).await;
        assert_eq!(refused(&answer, 401), "Invalid credentials", "{name}");
        assert_eq!(answer.body["code"], "UNAUTHENTICATED");
    }
}

async fn odd_names_are_refused_like_wrong_ones(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let long = "x".repeat(5000);
    for name in [
        "alice ",
        "al\0ice",
        "a'; DROP TABLE users; --",
        "%",
        "\u{202e}ecila",
        "💥",
        &long,
    ] {
        let answer = server.client.try_login(name, PASSWORD).await;
        assert_eq!(refused(&answer, 401), "Invalid credentials", "{name:?}");
    }
    let answer = server
        .client
        .try_login("alice", &format!("{PASSWORD}\0"))
        .await;
    assert_eq!(refused(&answer, 401), "Invalid credentials");
}

async fn missing_and_empty_fields_are_all_named(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let (username, password) = (json!(["body", "username"]), json!(["body", "password"]));
    let cases = [
        ("password=x", vec![username.clone()]),
        ("username=alice", vec![password.clone()]),
        ("username=&password=x", vec![username.clone()]),
        ("", vec![username, password]),
    ];
    for (body, places) in cases {
        let answer = post_text(&server.client, LOGIN, FORM, body).await;
        let kinds = refused_at(&answer, &places);
        assert!(
            kinds.iter().all(|kind| kind == "missing"),
            "{}",
            answer.text
        );
        assert_eq!(answer.body["detail"][0]["msg"], "Field required");
    }
}

async fn a_login_is_a_form_and_nothing_else(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let credentials = json!({"username": "alice", "password": PASSWORD});
    refused(&server.client.post(LOGIN, &credentials).await, 415);
    let body = "username=alice&password=correct+horse";
    refused(
        &post_text(&server.client, LOGIN, "text/plain", body).await,
        415,
    );
    let in_query = format!("{LOGIN}?{body}");
    let request = server.client.request(reqwest::Method::POST, &in_query);
    refused_at(
        &send(request.header("content-type", FORM)).await,
        &[json!(["body", "username"]), json!(["body", "password"])],
    );
}

async fn a_disabled_user_is_refused_until_given_a_new_password(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = "alice".parse().unwrap();
    identity::disable_user(&server.ports, &alice).await.unwrap();
    let answer = server.client.try_login("alice", PASSWORD).await;
    assert_eq!(refused(&answer, 401), "Invalid credentials");
    server.client.try_login("bob", PASSWORD).await.ok();
    identity::set_password(&server.ports, &alice, "another horse".to_owned().into())
        .await
        .unwrap();
    refused(&server.client.try_login("alice", PASSWORD).await, 401);
    server.client.try_login("alice", "another horse").await.ok();
}
