//! Who may connect, and with which code everybody else is sent away.

use super::{Room, ask};
use crate::support::{Engine, Server, on_both_stores};
use std::time::Duration;
use switchboard_testkit::{chat::ChatClient, socket::Came};

on_both_stores!(
    without_a_token_nobody_comes_in,
    a_token_that_is_none_of_ours_does_not_count,
    an_expired_token_does_not_count,
    a_token_that_was_signed_out_does_not_count,
    a_session_is_its_owners_alone,
    an_access_token_may_stand_in_the_address,
    a_token_may_come_as_a_subprotocol,
    an_unknown_session_is_no_session,
    a_session_that_ended_is_over,
    a_session_that_expired_is_over,
);

const NOT_ALLOWED: (u16, &str) = (4003, "authentication_failed");
const NO_SESSION: (u16, &str) = (4001, "invalid_session");
const OVER: (u16, &str) = (4002, "session_expired");

/// Connects with these headers, and expects to be sent away like this, at once.
async fn sent_away(
    room: &Room,
    query: &str,
    headers: &[(&'static str, String)],
    (code, reason): (u16, &str),
) {
    let connected = room.user.connect_with(&room.session, query, headers).await;
    let came = connected.expect("the upgrade succeeds").next_raw().await;
    assert_eq!(came, Came::Closed(code, reason.to_owned()));
}

fn bearer(client: &ChatClient) -> [(&'static str, String); 1] {
    [(
        "authorization",
        format!("Bearer {}", client.token.clone().unwrap()),
    )]
}

async fn without_a_token_nobody_comes_in(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    sent_away(&room, "", &[], NOT_ALLOWED).await;
    let nobody = Room {
        session: "session_unknown".into(),
        ..room
    };
    sent_away(&nobody, "", &[], NOT_ALLOWED).await;
}

async fn a_token_that_is_none_of_ours_does_not_count(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let token = room.user.token.clone().unwrap();
    let (start, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", signature.chars().rev().collect::<String>());
    for token in [forged.as_str(), "nonsense", "swb_nonsense", "a.b.c", ""] {
        sent_away(
            &room,
            "",
            &[("authorization", format!("Bearer {token}"))],
            NOT_ALLOWED,
        )
        .await;
        sent_away(&room, &format!("?token={token}"), &[], NOT_ALLOWED).await;
    }
    sent_away(
        &room,
        "",
        &[("authorization", format!("Basic {token}"))],
        NOT_ALLOWED,
    )
    .await;
}

async fn an_expired_token_does_not_count(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[("ACCESS_TOKEN_S", "20")]).await;
    let room = Room::demo(&server, "echo").await;
    room.enter().await;
    clock.advance(Duration::from_secs(20));
    sent_away(&room, "", &bearer(&room.user), NOT_ALLOWED).await;
    let again = Room {
        user: server.login("alice").await,
        ..room
    };
    again.enter().await;
}

async fn a_token_that_was_signed_out_does_not_count(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    room.user
        .post("/api/auth/logout", &serde_json::json!({}))
        .await;
    sent_away(&room, "", &bearer(&room.user), NOT_ALLOWED).await;
}

async fn a_session_is_its_owners_alone(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    for user in ["bob", "root"] {
        sent_away(&room, "", &bearer(&server.login(user).await), NOT_ALLOWED).await;
    }
}

async fn an_access_token_may_stand_in_the_address(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let query = format!("?token={}", room.user.token.clone().unwrap());
    let mut socket = room
        .user
        .connect_with(&room.session, &query, &[])
        .await
        .unwrap();
    ask(&mut socket, "hello").await;
}

async fn a_token_may_come_as_a_subprotocol(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let token = room.user.token.clone().unwrap();
    let offer = [("sec-websocket-protocol", format!("bearer, {token}"))];
    let mut socket = room
        .user
        .connect_with(&room.session, "", &offer)
        .await
        .unwrap();
    assert_eq!(socket.protocol.as_deref(), Some("bearer"));
    ask(&mut socket, "hello").await;
    let offer = [("sec-websocket-protocol", "bearer, nonsense".to_owned())];
    sent_away(&room, "", &offer, NOT_ALLOWED).await;
}

async fn an_unknown_session_is_no_session(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let unknown = "session_00000000-0000-7000-8000-000000000000".to_owned();
    let almost = format!("{}0", room.session);
    for session in [
        unknown,
        almost,
        "nonsense".into(),
        "%00".into(),
        "x".repeat(1000),
    ] {
        let room = Room {
            session,
            user: room.user.clone(),
        };
        sent_away(&room, "", &bearer(&room.user), NO_SESSION).await;
    }
}

async fn a_session_that_ended_is_over(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    room.delete().await;
    sent_away(&room, "", &bearer(&room.user), OVER).await;
    sent_away(&room, "?after=0", &bearer(&room.user), OVER).await;
}

async fn a_session_that_expired_is_over(engine: Engine) {
    let (server, clock) =
        Server::start_with_clock(engine, &[("LIMITS_SESSION_LIFETIME_S", "20")]).await;
    let room = Room::demo(&server, "echo").await;
    let mut witness = room.enter().await;
    clock.advance(Duration::from_secs(20));
    witness.expect("system").await;
    sent_away(&room, "", &bearer(&room.user), OVER).await;
}
