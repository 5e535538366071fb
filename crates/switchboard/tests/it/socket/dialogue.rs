//! Dialogues between two agents: who speaks, and how a round ends.

use super::{Room, content, contents, demo, fake, frames, kinds, seqs, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::{
    provider::{FakeProvider, Plan},
    socket::Socket,
};

on_both_stores!(
    nothing_happens_before_a_text,
    a_text_is_the_first_agents_and_then_the_agents_take_turns,
    each_agent_has_its_turns_and_then_one_stop_ends_the_round,
    the_goal_is_achieved_when_an_agent_says_so,
    a_farewell_of_nothing_but_the_word_is_no_answer,
    the_word_in_the_middle_of_an_answer_has_no_effect,
    the_word_from_a_user_has_no_effect,
    an_agent_may_be_done_without_the_word,
    a_stop_cancels_the_turn_in_flight,
    a_session_holds_so_many_messages,
    deleting_the_session_ends_the_dialogue,
    an_opening_text_starts_at_once,
);

const TWO_TURNS: &[(&str, &str)] = &[("LIMITS_TURNS_PER_AGENT", "2")];

/// Reads to the end of a round: the frames before the stop, and its reason.
async fn round(socket: &mut Socket) -> (Vec<Value>, String) {
    let (stop, before) = socket.until("stop").await;
    let reason = stop["metadata"]["reason"].as_str().unwrap().to_owned();
    assert_eq!(stop["metadata"]["role"], "system");
    (before, reason)
}

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

async fn the_goal_is_achieved_when_an_agent_says_so(engine: Engine) {
    let plans = vec![
        Plan::answer("fine"),
        Plan::Answer(vec!["done. ".into(), "__EX".into(), "IT__\n".into()]),
    ];
    let provider = FakeProvider::start(plans).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&answers), reason.as_str()),
        (vec!["fine", "done."], "goal_achieved")
    );
    assert_eq!(provider.requests().len(), 2);
}

async fn a_farewell_of_nothing_but_the_word_is_no_answer(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("fine"), Plan::answer("__EXIT__")]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&answers), reason.as_str()),
        (vec!["fine"], "goal_achieved")
    );
}

async fn the_word_in_the_middle_of_an_answer_has_no_effect(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("say __EXIT__ to end")]).await;
    let server = server_with(engine, &provider, TWO_TURNS).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&answers), reason.as_str()),
        (vec!["say __EXIT__ to end"; 4], "max_turns_reached")
    );
}

async fn the_word_from_a_user_has_no_effect(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("ok")]).await;
    let server = server_with(engine, &provider, TWO_TURNS).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let (mut speaker, mut listener) = (room.enter().await, room.enter().await);
    speaker.say("enough __EXIT__").await;
    let (answers, reason) = round(&mut speaker).await;
    assert_eq!((answers.len(), reason.as_str()), (4, "max_turns_reached"));
    assert_eq!(content(&listener.expect("text").await), "enough __EXIT__");
}

async fn an_agent_may_be_done_without_the_word(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::between(&server, &demo("echo"), &demo("script")).await;
    let mut socket = room.enter().await;
    socket.say("say bye\nexit\nsay never").await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&answers), reason.as_str()),
        (vec!["bye"], "goal_achieved")
    );
}

async fn a_stop_cancels_the_turn_in_flight(engine: Engine) {
    let provider = FakeProvider::start(vec![
        Plan::answer("b1"),
        Plan::Hang(vec!["a".into()]),
        Plan::answer("on"),
    ])
    .await;
    let server = server_with(engine, &provider, TWO_TURNS).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    provider.asked(2).await;
    socket.stop().await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&answers), reason.as_str()),
        (vec!["b1"], "stopped_by_user")
    );
    provider.client_gone().await;
    socket.say("again").await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!(
        (contents(&answers), reason.as_str()),
        (vec!["on"; 4], "max_turns_reached")
    );
}

async fn a_session_holds_so_many_messages(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_MESSAGES_PER_SESSION", "4")]).await;
    let room = Room::dialogue(&server, "echo").await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (answers, reason) = round(&mut socket).await;
    assert_eq!((answers.len(), reason.as_str()), (3, "message_limit"));
    socket.say("more").await;
    let error = socket.expect("error").await;
    assert_eq!(error["metadata"]["code"], "MESSAGE_LIMIT");
}

async fn deleting_the_session_ends_the_dialogue(engine: Engine) {
    let provider =
        FakeProvider::start(vec![Plan::answer("b1"), Plan::Hang(vec!["a".into()])]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    provider.asked(2).await;
    room.delete().await;
    provider.client_gone().await;
    let (code, last) = socket.closed().await;
    assert_eq!((code, kinds(&last)), (4002, vec!["response", "stop"]));
    assert_eq!(last[1]["metadata"]["reason"], "session_deleted");
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
