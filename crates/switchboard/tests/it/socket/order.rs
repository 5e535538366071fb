//! The order of things when several talk at once.

use super::{Room, ask, asked, content, contents, fake, frames, seqs, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_testkit::{
    provider::{FakeProvider, Plan},
    socket::Socket,
};

on_both_stores!(
    all_connections_see_the_same_order,
    texts_sent_at_once_are_answered_one_after_another,
    sessions_do_not_see_each_other,
);

const TEXTS: usize = 5;

/// Everybody sees everything in one order; only their own texts are acknowledgements to them.
async fn all_connections_see_the_same_order(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let room = Room::demo(&server, "echo").await;
    let mut sockets = [room.enter().await, room.enter().await, room.enter().await];
    for n in 0..TEXTS {
        for (who, socket) in sockets.iter_mut().enumerate() {
            let name = format!("{who}/{n}");
            socket.say_as(&name, &name).await;
        }
    }
    let mut seen = Vec::new();
    for socket in &mut sockets {
        let all = frames(socket, TEXTS * 3 * 2).await;
        assert_eq!(seqs(&all), (1..=all.len() as u64).collect::<Vec<_>>());
        seen.push(all.iter().map(gist).collect::<Vec<_>>());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let transcript = room.transcript().await;
    assert_eq!(seen[0], transcript.iter().map(gist).collect::<Vec<_>>());
}

/// Which text it is, or which one it answers.
fn gist(frame: &Value) -> String {
    let metadata = &frame["metadata"];
    match (
        &metadata["ack"],
        &metadata["client_id"],
        &metadata["reply_to"],
    ) {
        (Value::String(name), _, _) | (_, Value::String(name), _) => name.clone(),
        (_, _, reply_to) => format!("answer to {reply_to}: {}", content(frame)),
    }
}

async fn texts_sent_at_once_are_answered_one_after_another(engine: Engine) {
    let plans = ["a1", "a2", "a3"].map(Plan::held).to_vec();
    let provider = FakeProvider::start(plans).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    for text in ["t1", "t2", "t3"] {
        socket.say_as(text, text).await;
        socket.expect("info").await;
    }
    let answers = let_all_go(&provider, &mut socket).await;
    assert_eq!(contents(&answers), ["a1", "a2", "a3"]);
    let replies: Vec<&Value> = answers
        .iter()
        .map(|answer| &answer["metadata"]["reply_to"])
        .collect();
    assert_eq!(replies, [&json!(1), &json!(2), &json!(3)]);
    let requests = provider.requests();
    assert_eq!(asked(&requests[0]), [("user", "t1")]);
    assert_eq!(
        asked(&requests[1]),
        [("user", "t1"), ("assistant", "a1"), ("user", "t2")]
    );
    let third = [
        ("user", "t1"),
        ("assistant", "a1"),
        ("user", "t2"),
        ("assistant", "a2"),
        ("user", "t3"),
    ];
    assert_eq!(asked(&requests[2]), third);
}

async fn let_all_go(provider: &FakeProvider, socket: &mut Socket) -> Vec<Value> {
    let mut answers = Vec::new();
    for n in 1..=3 {
        assert_eq!(provider.asked(n).await.len(), n, "one call at a time");
        provider.let_go();
        answers.push(socket.expect("response").await);
    }
    answers
}

async fn sessions_do_not_see_each_other(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let mut here = Room::demo(&server, "echo").await.enter().await;
    let mut there = Room::demo(&server, "echo").await.enter().await;
    ask(&mut here, "here").await;
    assert_eq!(content(&ask(&mut there, "there").await), "there");
}
