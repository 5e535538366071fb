//! Logins are limited for each address, and who is believed about an address.

use std::time::Duration;

use reqwest::Method;
use switchboard_testkit::chat::{Answer, send};

use crate::{
    rest::{refused, too_often},
    support::{Engine, PASSWORD, Server, on_both_stores},
};

/// An empty variable leaves a setting at its default.
const DEFAULT: (&str, &str) = ("LIMITS_LOGIN_PER_MINUTE", "");

on_both_stores!(
    ten_logins_a_minute_then_one_every_six_seconds,
    failed_logins_count_like_any_other,
    an_unknown_peer_is_not_believed_about_its_address,
    a_trusted_proxy_is_believed,
    behind_a_trusted_proxy_the_nearest_unknown_address_counts,
);

async fn ten_logins_a_minute_then_one_every_six_seconds(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[DEFAULT]).await;
    let login = async || server.client.try_login("alice", PASSWORD).await;
    for _ in 0..10 {
        login().await.ok();
    }
    assert_eq!(too_often(&login().await), 6);
    clock.advance(Duration::from_secs(6));
    login().await.ok();
    too_often(&login().await);
    clock.advance(Duration::from_mins(1));
    for _ in 0..10 {
        login().await.ok();
    }
    too_often(&login().await);
}

async fn failed_logins_count_like_any_other(engine: Engine) {
    let limit = [("LIMITS_LOGIN_PER_MINUTE", "2")];
    let (server, _clock) = Server::start_with_clock(engine, &limit).await;
    for name in ["alice", "not a name"] {
        let answer = server.client.try_login(name, "wrong password").await;
        refused(&answer, 401);
    }
    too_often(&server.client.try_login("alice", PASSWORD).await);
}

/// Signs in as the proxy of somebody at this address.
async fn forwarded(server: &Server, address: &str) -> Answer {
    let request = server.client.request(Method::POST, "/api/auth/login");
    let form = [("username", "alice"), ("password", PASSWORD)];
    send(request.form(&form).header("x-forwarded-for", address)).await
}

async fn an_unknown_peer_is_not_believed_about_its_address(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, &[DEFAULT]).await;
    for number in 0..10 {
        forwarded(&server, &format!("203.0.113.{number}"))
            .await
            .ok();
    }
    too_often(&forwarded(&server, "203.0.113.77").await);
}

async fn a_trusted_proxy_is_believed(engine: Engine) {
    let settings = [DEFAULT, ("HTTP_TRUSTED_PROXIES", "127.0.0.1")];
    let (server, _clock) = Server::start_with_clock(engine, &settings).await;
    for _ in 0..10 {
        forwarded(&server, "203.0.113.1").await.ok();
    }
    too_often(&forwarded(&server, "203.0.113.1").await);
    forwarded(&server, "203.0.113.2").await.ok();
    server.client.try_login("alice", PASSWORD).await.ok();
}

async fn behind_a_trusted_proxy_the_nearest_unknown_address_counts(engine: Engine) {
    let settings = [
        ("LIMITS_LOGIN_PER_MINUTE", "1"),
        ("HTTP_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
    ];
    let (server, _clock) = Server::start_with_clock(engine, &settings).await;
    forwarded(&server, "6.6.6.6, 203.0.113.1").await.ok();
    too_often(&forwarded(&server, "7.7.7.7, 203.0.113.1, 10.1.2.3").await);
    forwarded(&server, "203.0.113.1, 203.0.113.2").await.ok();
}
