//! Coming back after a cursor.

use super::{Room, ask, contents, frames, kinds, seqs};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;

on_both_stores!(
    what_was_missed_is_replayed_and_then_it_goes_on_live,
    a_replay_includes_ones_own_texts,
    without_a_cursor_nothing_is_replayed,
    a_cursor_beyond_the_end_is_the_end,
    a_cursor_before_the_beginning_is_the_beginning,
    a_cursor_that_is_no_number_is_named,
    a_replay_of_many_pages_is_whole,
    who_joins_while_a_session_talks_misses_nothing,
);

async fn what_was_missed_is_replayed_and_then_it_goes_on_live(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut speaker = room.enter().await;
    for word in ["one", "two", "three"] {
        ask(&mut speaker, word).await;
    }
    let mut late = room.enter_with("?after=2").await;
    let replayed = frames(&mut late, 4).await;
    assert_eq!(seqs(&replayed), [3, 4, 5, 6]);
    ask(&mut speaker, "four").await;
    let live = frames(&mut late, 2).await;
    assert_eq!(
        (seqs(&live), contents(&live)),
        (vec![7, 8], vec!["four", "four"])
    );
}

async fn a_replay_includes_ones_own_texts(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut socket = room.enter().await;
    ask(&mut socket, "hello").await;
    socket.close().await;
    let mut again = room.enter_with("?after=0").await;
    let replayed = frames(&mut again, 2).await;
    assert_eq!(kinds(&replayed), ["text", "response"]);
    assert_eq!(contents(&replayed), ["hello", "hello"]);
}

async fn without_a_cursor_nothing_is_replayed(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    ask(&mut room.enter().await, "before").await;
    let answer = ask(&mut room.enter().await, "after").await;
    assert_eq!(answer["content"], "after");
}

async fn a_cursor_beyond_the_end_is_the_end(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    ask(&mut room.enter().await, "before").await;
    let answer = ask(&mut room.enter_with("?after=1000").await, "after").await;
    assert_eq!(answer["metadata"]["seq"], 4);
}

async fn a_cursor_before_the_beginning_is_the_beginning(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    ask(&mut room.enter().await, "hello").await;
    let mut socket = room.enter_with("?after=-5").await;
    assert_eq!(seqs(&frames(&mut socket, 2).await), [1, 2]);
}

async fn a_cursor_that_is_no_number_is_named(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    ask(&mut room.enter().await, "before").await;
    let mut socket = room.enter_with("?after=yesterday").await;
    let error = socket.expect("error").await;
    let expected =
        json!({"role": "system", "code": "INVALID_CURSOR", "details": {"after": "yesterday"}});
    assert_eq!(error["metadata"], expected);
    assert_eq!(ask(&mut socket, "after").await["content"], "after");
}

async fn a_replay_of_many_pages_is_whole(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut speaker = room.enter().await;
    for n in 0..130 {
        speaker.say(&n.to_string()).await;
    }
    frames(&mut speaker, 130).await;
    let mut late = room.enter_with("?after=0").await;
    assert_eq!(
        seqs(&frames(&mut late, 260).await),
        (1..=260).collect::<Vec<_>>()
    );
}

async fn who_joins_while_a_session_talks_misses_nothing(engine: Engine) {
    const TEXTS: usize = 40;
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut speaker = room.enter().await;
    let mut joined = Vec::new();
    for n in 0..TEXTS {
        speaker.say(&n.to_string()).await;
        if n % 5 == 0 {
            joined.push(room.user.connect(&room.session, "?after=0").await);
        }
    }
    frames(&mut speaker, TEXTS).await;
    for mut socket in joined {
        let seen = frames(&mut socket, TEXTS * 2).await;
        assert_eq!(seqs(&seen), (1..=TEXTS as u64 * 2).collect::<Vec<_>>());
    }
}
