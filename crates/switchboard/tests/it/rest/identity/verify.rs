//! Checking a token.

use std::time::Duration;

use serde_json::json;

use super::{parts, verify};
use crate::{
    rest::{is_time, members, refused, refused_at, too_often},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    a_good_token_is_described,
    no_token_is_told_apart_from_a_malformed_one,
    fifty_checks_a_minute_of_each_user,
    bad_tokens_count_for_the_address,
);

async fn a_good_token_is_described(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let verified = verify(&alice).await.ok();
    members(
        &verified,
        &["exp", "iat", "timestamp", "type", "user", "valid"],
    );
    assert_eq!(verified["valid"], true);
    assert_eq!(
        (&verified["user"], &verified["type"]),
        (&json!("alice"), &json!("access"))
    );
    let [_, claims] = parts(&alice.token.unwrap());
    assert_eq!(
        (&verified["exp"], &verified["iat"]),
        (&claims["exp"], &claims["iat"])
    );
    is_time(&verified["timestamp"]);
}

async fn no_token_is_told_apart_from_a_malformed_one(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    assert_eq!(
        refused(&verify(&server.client).await, 401),
        "Not authenticated"
    );
    for malformed in [
        "x",
        "a.b",
        "a.b.c.d",
        "..",
        "a.b.",
        "a b.c.d",
        "swb_notajwt",
    ] {
        let answer = verify(&server.client.with_token(malformed)).await;
        refused_at(&answer, &[json!(["header", "authorization"])]);
        assert!(!answer.text.contains("notajwt"), "a token is not sent back");
    }
    refused(&verify(&server.client.with_token("a.b.c")).await, 401);
}

async fn fifty_checks_a_minute_of_each_user(engine: Engine) {
    let limit = [("LIMITS_VERIFY_PER_MINUTE", "")];
    let (server, clock) = Server::start_with_clock(engine, &limit).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    for _ in 0..50 {
        verify(&alice).await.ok();
    }
    assert_eq!(too_often(&verify(&alice).await), 2);
    too_often(&verify(&server.login("alice").await).await);
    verify(&bob).await.ok();
    clock.advance(Duration::from_millis(1200));
    verify(&alice).await.ok();
    too_often(&verify(&alice).await);
}

async fn bad_tokens_count_for_the_address(engine: Engine) {
    let limit = [("LIMITS_VERIFY_PER_MINUTE", "3")];
    let (server, _clock) = Server::start_with_clock(engine, &limit).await;
    let alice = server.login("alice").await;
    for token in ["a.b.c", "d.e.f", "g.h.i"] {
        refused(&verify(&server.client.with_token(token)).await, 401);
    }
    too_often(&verify(&server.client.with_token("j.k.l")).await);
    verify(&alice).await.ok();
}
