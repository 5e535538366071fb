//! Dialogues between two agents: when one begins, and who speaks.

use super::{Room, TWO_TURNS, contents, demo, fake, frames, kinds, round, seqs, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    nothing_happens_before_a_text,
    a_text_is_the_first_agents_and_then_the_agents_take_turns,
    each_agent_has_its_turns_and_then_one_stop_ends_the_round,
    an_opening_text_starts_at_once,
);

async fn nothing_happens_before_a_text(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("ok")]).await;
    let server = server_with(engine, &provider, TWO_TURNS).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.stop().await;
    socket.send(&json!({"type": "nonsense"})).await;
    socket.expect("error").await;
    assert_eq!(
        (provider.requests().len(), room.transcript().await.len()),
        (0, 0)
    );
}

async fn a_text_is_the_first_agents_and_then_the_agents_take_turns(engine: Engine) {
    let server = Server::start(engine, TWO_TURNS).await;
    let room = Room::dialogue(&server, "echo").await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    speaker.say("hello").await;
    let seen = frames(&mut listener, 5).await;
    assert_eq!(
        kinds(&seen),
        ["text", "response", "response", "response", "response"]
    );
    let (one, two) = (room.agent(1), room.agent(2));
    let ways: Vec<_> = seen
        .iter()
        .map(|frame| {
            (
                frame["sender"].as_str().unwrap(),
                frame["receiver"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        ways,
        [
            (&*one, &*two),
            (&*two, &*one),
            (&*one, &*two),
            (&*two, &*one),
            (&*one, &*two)
        ]
    );
    assert!(
        seen[1..]
            .iter()
            .all(|answer| answer["metadata"]["role"] == "assistant"),
        "{seen:?}"
    );
    assert_eq!(
        frames(&mut speaker, 4).await,
        seen[1..],
        "its own text is not echoed"
    );
}

async fn each_agent_has_its_turns_and_then_one_stop_ends_the_round(engine: Engine) {
    let server = Server::start(engine, TWO_TURNS).await;
    let room = Room::dialogue(&server, "echo").await;
    let mut socket = room.enter().await;
    for n in 0..3 {
        socket.say("again").await;
        let (answers, reason) = round(&mut socket).await;
        assert_eq!(
            (kinds(&answers), reason.as_str()),
            (vec!["response"; 4], "max_turns_reached")
        );
        assert_eq!(seqs(&answers)[0], 6 * n + 2);
    }
}

async fn an_opening_text_starts_at_once(engine: Engine) {
    let server = Server::start(engine, TWO_TURNS).await;
    let body = json!({
        "session_type": "agent_agent",
        "agents": {"a": demo("echo"), "b": demo("echo")},
        "metadata": {"auto_start": "begin"},
    });
    let room = Room::of(&server.login("alice").await, &body).await;
    let mut socket = room.enter_with("?after=0").await;
    let (seen, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&seen), reason.as_str()),
        (vec!["begin"; 5], "max_turns_reached")
    );
    assert_eq!(
        (&seen[0]["type"], &seen[0]["sender"]),
        (&json!("text"), &json!(room.agent(1)))
    );
}
