//! What an access token is made of, and which ones are taken.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use switchboard_domain::ports::Clock as _;

use super::{part, parts, verify};
use crate::{
    rest::{SESSIONS, refused},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    clients_can_read_a_token,
    a_token_lives_as_long_as_it_says,
    what_we_did_not_sign_is_refused,
    only_bearer_is_a_way_to_show_a_token,
);

async fn clients_can_read_a_token(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[("ACCESS_TOKEN_S", "77")]).await;
    let alice = server.login("alice").await;
    let [header, claims] = parts(&alice.token.unwrap());
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("JWT"), &json!("HS256"))
    );
    assert_eq!(
        (&claims["sub"], &claims["type"]),
        (&json!("alice"), &json!("access"))
    );
    let now = clock.now().as_seconds();
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(now), &json!(now + 77))
    );
}

async fn a_token_lives_as_long_as_it_says(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let alice = server.login("alice").await;
    clock.advance(Duration::from_secs(1799));
    alice.get(SESSIONS).await.ok();
    verify(&alice).await.ok();
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        refused(&alice.get(SESSIONS).await, 401),
        "Token has expired"
    );
    assert_eq!(refused(&verify(&alice).await, 401), "Token has expired");
}

async fn what_we_did_not_sign_is_refused(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let good = server.login("alice").await.token.unwrap();
    let [_, claims] = parts(&good);
    let pieces: Vec<&str> = good.split('.').collect();
    let root =
        part(&json!({"sub": "root", "type": "access", "exp": claims["exp"], "iat": claims["iat"]}));
    let none = part(&json!({"alg": "none", "typ": "JWT"}));
    let forgeries = [
        ("another key", signed(&claims, Algorithm::HS256, b"guess")),
        ("an empty key", signed(&claims, Algorithm::HS256, b"")),
        (
            "another algorithm",
            signed(&claims, Algorithm::HS512, b"guess"),
        ),
        (
            "other claims",
            format!("{}.{root}.{}", pieces[0], pieces[2]),
        ),
        (
            "no algorithm",
            format!("{none}.{}.{}", pieces[1], pieces[2]),
        ),
        ("a cut signature", good[..good.len() - 5].to_owned()),
        ("a longer signature", format!("{good}AAAA")),
        (
            "no claims",
            format!("{}.{}.{}", pieces[0], part(&json!({})), pieces[2]),
        ),
    ];
    for (name, forged) in forgeries {
        let forger = server.client.with_token(&forged);
        assert_eq!(
            refused(&forger.get(SESSIONS).await, 401),
            "Invalid token",
            "{name}"
        );
        assert_eq!(
            refused(&verify(&forger).await, 401),
            "Invalid token",
            "{name}"
        );
    }
    // Without a signature it has not even the form.
    let unsigned = server.client.with_token(format!("{none}.{}.", pieces[1]));
    refused(&unsigned.get(SESSIONS).await, 401);
    refused(&verify(&unsigned).await, 422);
}

fn signed(claims: &Value, algorithm: Algorithm, key: &[u8]) -> String {
    encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(key),
    )
    .unwrap()
}

async fn only_bearer_is_a_way_to_show_a_token(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let token = server.login("alice").await.token.unwrap();
    let shown = async |value: String| {
        let request = server.client.request(reqwest::Method::GET, SESSIONS);
        switchboard_testkit::chat::send(request.header("authorization", value)).await
    };
    shown(format!("bearer {token}")).await.ok();
    for value in [
        format!("Basic {token}"),
        format!("Token {token}"),
        token.clone(),
        "Bearer".to_owned(),
    ] {
        assert_eq!(refused(&shown(value).await, 401), "Not authenticated");
    }
    let in_query = server
        .client
        .get(&format!("{SESSIONS}?token={token}&access_token={token}"))
        .await;
    assert_eq!(refused(&in_query, 401), "Not authenticated");
}
