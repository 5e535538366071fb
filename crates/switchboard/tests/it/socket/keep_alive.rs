//! Signs of life, and what becomes of connections without any.

use super::{Room, ask, greeted, pass};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use std::time::Duration;
use switchboard_testkit::socket::{Came, Socket};
use tokio_tungstenite::tungstenite::Message;

on_both_stores!(
    a_sign_of_life_comes_at_once_and_every_30_s,
    signs_of_life_are_answered_with_nothing,
    who_says_nothing_for_60_s_is_sent_away,
    anything_at_all_keeps_a_connection_alive,
    a_ping_of_the_protocol_keeps_a_connection_alive,
);

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

async fn expect_ping(socket: &mut Socket) {
    assert_eq!(
        socket.next_raw().await,
        Came::Ping,
        "a ping of the protocol, for the network between"
    );
    let Came::Frame(frame) = socket.next_raw().await else {
        panic!("no frame")
    };
    let expected = json!({"type": "ping", "timestamp": frame["timestamp"], "metadata": {}});
    assert_eq!(frame, expected);
}

async fn a_sign_of_life_comes_at_once_and_every_30_s(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.user.connect(&room.session, "").await;
    for _ in 0..4 {
        expect_ping(&mut socket).await;
        ask(&mut socket, "still here").await;
        clock.advance(HALF_A_MINUTE);
    }
}

async fn signs_of_life_are_answered_with_nothing(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for kind in ["ping", "pong", "ping"] {
        socket
            .send(&json!({"type": kind, "timestamp": "2024-02-23T12:00:00Z"}))
            .await;
    }
    socket.say("hello").await;
    let Came::Frame(next) = socket.next_raw().await else {
        panic!("no frame")
    };
    assert_eq!(next["type"], "response", "{next}");
}

async fn who_says_nothing_for_60_s_is_sent_away(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.user.connect(&room.session, "").await;
    socket.fall_silent();
    greeted(&mut socket).await;
    clock.advance(HALF_A_MINUTE);
    greeted(&mut socket).await;
    clock.advance(HALF_A_MINUTE);
    assert_eq!(socket.why_closed().await, (4000, "inactivity".to_owned()));
}

async fn anything_at_all_keeps_a_connection_alive(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for _ in 0..3 {
        pass(&clock, &mut socket, 50).await;
    }
    ask(&mut socket, "still here").await;
}

async fn a_ping_of_the_protocol_keeps_a_connection_alive(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    for _ in 0..3 {
        clock.advance(HALF_A_MINUTE);
        greeted(&mut socket).await;
        socket
            .send_raw(Message::Ping("are you there?".into()))
            .await;
        socket.pong().await;
    }
    ask(&mut socket, "still here").await;
}
