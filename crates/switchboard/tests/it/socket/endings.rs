//! How a round of a dialogue ends.

use super::{Room, TWO_TURNS, content, contents, demo, fake, kinds, round, server_with};
use crate::support::{Engine, Server, on_both_stores};
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    the_goal_is_achieved_when_an_agent_says_so,
    a_farewell_of_nothing_but_the_word_is_no_answer,
    the_word_in_the_middle_of_an_answer_has_no_effect,
    the_word_from_a_user_has_no_effect,
    an_agent_may_be_done_without_the_word,
    a_stop_cancels_the_turn_in_flight,
    a_session_holds_so_many_messages,
    deleting_the_session_ends_the_dialogue,
);

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
