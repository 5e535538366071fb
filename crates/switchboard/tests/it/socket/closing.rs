//! Why and how an open connection is closed.

use super::{Room, ask, clocked_server_with, fake, frames, greeted, kinds, seqs};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_testkit::{
    provider::{FakeProvider, Plan},
    socket::{Came, Socket},
};
use tokio_tungstenite::tungstenite::Message;

on_both_stores!(
    deleting_a_session_closes_its_connections,
    a_session_expires_while_it_is_used,
    a_session_somebody_is_connected_to_is_not_ended_to_make_room,
    a_frame_over_1_mib_is_too_big,
    a_frame_of_1_mib_is_not_too_big,
    who_does_not_read_is_sent_away_and_may_resume,
    who_reads_slowly_may_stay,
);

async fn deleting_a_session_closes_its_connections(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let (mut one, mut two) = (room.enter().await, room.enter().await);
    ask(&mut one, "hello").await;
    frames(&mut two, 2).await;
    room.delete().await;
    for socket in [&mut one, &mut two] {
        let (code, last) = socket.closed().await;
        assert_eq!((code, kinds(&last)), (4002, vec!["stop"]));
        assert_eq!(
            last[0]["metadata"],
            json!({"role": "system", "reason": "session_deleted", "seq": 3})
        );
    }
    let path = format!("/api/chat/sessions/{}", room.session);
    assert_eq!(room.user.get(&path).await.status, 404);
    assert_eq!(
        kinds(&room.transcript().await),
        ["text", "response", "stop"]
    );
}

async fn a_session_expires_while_it_is_used(engine: Engine) {
    let (server, clock) =
        Server::start_with_clock(engine, &[("LIMITS_SESSION_LIFETIME_S", "40")]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    clock.advance(Duration::from_secs(39));
    ask(&mut socket, "hello").await;
    clock.advance(Duration::from_secs(1));
    let (code, last) = socket.closed().await;
    assert_eq!((code, kinds(&last)), (4002, vec!["system"]));
    assert_eq!(
        last[0]["metadata"],
        json!({"role": "system", "notice": "session_expired", "seq": 3})
    );
    let session = room
        .user
        .get(&format!("/api/chat/sessions/{}", room.session))
        .await
        .ok();
    assert_eq!(session["status"], "expired");
    assert_eq!(
        kinds(&room.transcript().await),
        ["text", "response", "system"]
    );
}

async fn a_session_somebody_is_connected_to_is_not_ended_to_make_room(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_SESSIONS_PER_USER", "2")]).await;
    let used = Room::demo(&server, "echo").await;
    let mut socket = used.enter().await;
    let idle = Room::demo(&server, "echo").await;
    let third = Room::demo(&server, "echo").await;
    ask(&mut socket, "still here").await;
    let last = idle.transcript().await;
    assert_eq!(last[0]["metadata"]["notice"], "session_replaced");
    let _third = third.enter().await;
    let body = json!({"session_type": "human_agent", "agents": {"primary": {"provider": "demo"}}});
    assert_eq!(
        used.user
            .post("/api/chat/sessions/create", &body)
            .await
            .status,
        429,
        "all are in use"
    );
}

/// A frame that is answered with nothing, this long.
fn frame_of(bytes: usize) -> Message {
    let empty = json!({"type": "pong", "content": ""}).to_string();
    let padding = "x".repeat(bytes - empty.len());
    Message::text(json!({"type": "pong", "content": padding}).to_string())
}

async fn a_frame_over_1_mib_is_too_big(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    for bytes in [(1 << 20) + 1, 3 << 20, 9 << 20] {
        let mut socket = room.enter().await;
        socket.send_raw(frame_of(bytes)).await;
        assert_eq!(socket.why_closed().await, (1009, "message_too_big".into()));
        let mut socket = room.enter().await;
        socket.send_raw(Message::binary(vec![0; bytes])).await;
        assert_eq!(socket.closed().await.0, 1009);
    }
}

async fn a_frame_of_1_mib_is_not_too_big(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    socket.send_raw(frame_of(1 << 20)).await;
    ask(&mut socket, "hello").await;
}

/// Enough to fill what the network holds for a client that does not read.
const LARGE: u64 = 10;
/// More than wait for a client that is behind.
const SMALL: u64 = 320;
const SPEAKERS: u64 = 8;

/// While an agent thinks, texts are stored and nothing else happens. The clock stands still, so only
/// what waits for the client counts.
async fn who_does_not_read_is_sent_away_and_may_resume(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::Hang(Vec::new())]).await;
    let (server, _clock) = clocked_server_with(engine, &provider, &[]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut slow = room.user.connect_narrow(&room.session, "").await;
    greeted(&mut slow).await;
    say_far_too_much(&room).await;
    let seen = until_sent_away(&mut slow).await;
    let last = seen.len() as u64;
    assert_eq!(seqs(&seen), (1..=last).collect::<Vec<_>>());
    let mut again = room.enter_with(&format!("?after={last}")).await;
    let rest = frames(&mut again, usize::try_from(LARGE + SMALL - last).unwrap()).await;
    assert_eq!(seqs(&rest), (last + 1..=LARGE + SMALL).collect::<Vec<_>>());
}

/// All of it together takes far longer than a client may leave one frame unread.
async fn who_reads_slowly_may_stay(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::Hang(Vec::new())]).await;
    let (server, clock) = clocked_server_with(engine, &provider, &[]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    say_large_things(&mut room.enter().await).await;
    let mut slow = room.user.connect_narrow(&room.session, "?after=0").await;
    for _ in 0..LARGE {
        assert_eq!(slow.frame().await["type"], "text");
        clock.advance(Duration::from_secs(10));
        slow.send(&json!({"type": "pong"})).await;
    }
}

async fn say_large_things(speaker: &mut Socket) {
    for n in 0..LARGE {
        speaker.say_as(&n.to_string(), &"x".repeat(1_000_000)).await;
        speaker.expect("info").await;
    }
}

/// Nobody of those who read waits for the one who does not.
async fn say_far_too_much(room: &Room) {
    say_large_things(&mut room.enter().await).await;
    let mut speakers = Vec::new();
    for _ in 0..SPEAKERS {
        let mut speaker = room.enter().await;
        for _ in 1..SMALL / SPEAKERS {
            speaker.say("small").await;
        }
        speakers.push(speaker);
    }
    for (n, speaker) in speakers.iter_mut().enumerate() {
        speaker.say_as(&format!("last of {n}"), "small").await;
        speaker.until("info").await;
    }
}

async fn until_sent_away(socket: &mut Socket) -> Vec<Value> {
    let mut seen = Vec::new();
    loop {
        match socket.came().await {
            Came::Frame(frame) => seen.push(frame),
            other => {
                assert_eq!(other, Came::Closed(4000, "slow_consumer".into()));
                return seen;
            }
        }
    }
}
