//! The server goes down, and comes back.

use super::{Room, ask, contents, fake, file, frames, greeted};
use crate::support::{Engine, Place, Server, on_both_stores};
use std::{sync::Arc, time::Duration};
use switchboard::system::SystemClock;
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    a_server_that_goes_down_says_so,
    texts_without_an_answer_get_it_after_the_restart,
    a_dialogue_goes_on_after_the_restart,
    an_answer_that_was_broken_off_is_a_later_attempt,
);

async fn restart(server: Server, more: &[(&str, &str)]) -> Server {
    let place = server.stop_within(Duration::ZERO).await;
    Server::start_at(place, more, Arc::new(SystemClock)).await
}

/// The same session, seen through the new server.
fn in_the_new(server: &Server, room: &Room) -> Room {
    let user = server.client.with_token(room.user.token.clone().unwrap());
    Room {
        user,
        session: room.session.clone(),
    }
}

async fn a_server_that_goes_down_says_so(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    let (_place, why) = futures::join!(server.stop(), socket.why_closed());
    assert_eq!(why, (1001, "server_going_down".into()));
}

async fn texts_without_an_answer_get_it_after_the_restart(engine: Engine) {
    let plans = vec![
        Plan::Hang(vec!["so far".into()]),
        Plan::answer("a1"),
        Plan::answer("a2"),
        Plan::answer("a3"),
    ];
    let provider = FakeProvider::start(plans).await;
    let place = Place::new(engine)
        .await
        .with_file(&file(&[("fake", &provider)]));
    let server = Server::start_at(place, &[], Arc::new(SystemClock)).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    for text in ["t1", "t2", "t3"] {
        socket.say_as(text, text).await;
        socket.expect("info").await;
    }
    provider.asked(1).await;
    let server = restart(server, &[]).await;
    let mut socket = in_the_new(&server, &room).enter_with("?after=3").await;
    let answers = frames(&mut socket, 3).await;
    assert_eq!(contents(&answers), ["a1", "a2", "a3"]);
    assert_eq!(provider.requests().len(), 4);
    ask(&mut socket, "next").await;
}

async fn a_dialogue_goes_on_after_the_restart(engine: Engine) {
    let turns = [("LIMITS_TURNS_PER_AGENT", "2")];
    let plans = vec![
        Plan::answer("b1"),
        Plan::Hang(vec!["a".into()]),
        Plan::answer("a1"),
        Plan::answer("b2"),
        Plan::answer("a2"),
    ];
    let provider = FakeProvider::start(plans).await;
    let place = Place::new(engine)
        .await
        .with_file(&file(&[("fake", &provider)]));
    let server = Server::start_at(place, &turns, Arc::new(SystemClock)).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    ask(&mut socket, "begin").await;
    provider.asked(2).await;
    let server = restart(server, &turns).await;
    let room = in_the_new(&server, &room);
    let mut socket = room.user.connect(&room.session, "?after=0").await;
    greeted(&mut socket).await;
    let (stop, before) = socket.until("stop").await;
    assert_eq!(contents(&before), ["begin", "b1", "a1", "b2", "a2"]);
    assert_eq!(stop["metadata"]["reason"], "max_turns_reached");
}

async fn an_answer_that_was_broken_off_is_a_later_attempt(engine: Engine) {
    let provider =
        FakeProvider::start(vec![Plan::Hang(vec!["so far".into()]), Plan::held("whole")]).await;
    let place = Place::new(engine)
        .await
        .with_file(&file(&[("fake", &provider)]));
    let server = Server::start_at(place, &[], Arc::new(SystemClock)).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter_with("?stream=1").await;
    socket.say("go").await;
    assert_eq!(socket.expect("info").await["metadata"]["attempt"], 1);
    let server = restart(server, &[]).await;
    let mut socket = in_the_new(&server, &room)
        .enter_with("?after=1&stream=1")
        .await;
    provider.asked(2).await;
    provider.let_go();
    let (answer, pieces) = socket.until("response").await;
    assert_eq!(contents(&[answer]), ["whole"]);
    assert!(
        pieces
            .iter()
            .all(|piece| piece["metadata"]["attempt"].as_u64() > Some(1)),
        "{pieces:?}"
    );
}
