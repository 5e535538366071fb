//! The transcript, read by cursor.

use serde_json::{Value, json};
use switchboard_testkit::chat::ChatClient;

use super::messages;
use crate::{
    rest::{is_time, members, refused_at},
    support::{Engine, Server, on_both_stores},
};

on_both_stores!(
    messages_are_as_they_were_sent_over_the_wire,
    pages_add_up_to_the_whole,
    a_page_has_a_hundred_messages_unless_asked_otherwise,
    beyond_the_end_is_nothing,
    cursors_and_limits_must_be_numbers_in_their_range,
);

/// A session in which these texts were said and echoed.
async fn conversation(alice: &ChatClient, texts: usize) -> String {
    let session = alice.demo_session("echo").await;
    let mut socket = alice.connect(&session, "").await;
    for number in 0..texts {
        socket.say(&format!("text {number}")).await;
        socket.expect("response").await;
    }
    session
}

async fn messages_are_as_they_were_sent_over_the_wire(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = conversation(&alice, 1).await;
    let page = messages(&alice, &session, "").await.ok();
    members(&page, &["messages", "next", "session_id", "timestamp"]);
    is_time(&page["timestamp"]);
    assert_eq!(
        (&page["session_id"], &page["next"]),
        (&json!(session), &Value::Null)
    );
    let [text, answer] = page["messages"].as_array().unwrap().as_slice() else {
        panic!("{page}")
    };
    let (person, agent) = (format!("human_{session}"), format!("ai1_{session}"));
    for (frame, kind, role, from, to) in [
        (text, "text", "user", &person, &agent),
        (answer, "response", "assistant", &agent, &person),
    ] {
        members(
            frame,
            &[
                "content",
                "metadata",
                "receiver",
                "sender",
                "timestamp",
                "type",
            ],
        );
        is_time(&frame["timestamp"]);
        assert_eq!(
            (&frame["type"], &frame["metadata"]["role"]),
            (&json!(kind), &json!(role))
        );
        assert_eq!(
            (&frame["sender"], &frame["receiver"]),
            (&json!(from), &json!(to))
        );
        assert_eq!(frame["content"], "text 0");
    }
    assert_eq!(answer["metadata"]["provider"], "demo");
    assert_eq!(answer["metadata"]["original_type"], "response");
}

async fn pages_add_up_to_the_whole(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = conversation(&alice, 4).await;
    let whole = messages(&alice, &session, "").await.ok()["messages"].clone();
    let whole = whole.as_array().unwrap();
    assert_eq!(whole.len(), 8);
    for (number, frame) in (1..).zip(whole) {
        assert_eq!(frame["metadata"]["seq"], json!(number));
    }
    let times: Vec<_> = whole
        .iter()
        .map(|frame| frame["timestamp"].as_str().unwrap())
        .collect();
    assert!(
        times.is_sorted_by(|earlier, later| earlier < later),
        "{times:?}"
    );
    for limit in [1, 3, 4, 8] {
        let (mut read, mut after) = (Vec::new(), json!(0));
        while after != Value::Null {
            let page = messages(&alice, &session, &format!("?after={after}&limit={limit}"))
                .await
                .ok();
            let part = page["messages"].as_array().unwrap();
            assert!((1..=limit).contains(&part.len()));
            read.extend(part.iter().cloned());
            after = page["next"].clone();
        }
        assert_eq!(&read, whole, "in pages of {limit}");
    }
}

async fn a_page_has_a_hundred_messages_unless_asked_otherwise(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = conversation(&alice, 51).await;
    let count = async |query: &str| {
        messages(&alice, &session, query).await.ok()["messages"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(count("").await, 100);
    assert_eq!(count("?limit=1000").await, 102);
}

async fn beyond_the_end_is_nothing(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = conversation(&alice, 1).await;
    for after in [2, 3, i64::MAX] {
        let page = messages(&alice, &session, &format!("?after={after}"))
            .await
            .ok();
        assert_eq!(
            (&page["messages"], &page["next"]),
            (&json!([]), &Value::Null)
        );
    }
}

async fn cursors_and_limits_must_be_numbers_in_their_range(engine: Engine) {
    let server = Server::start(engine, &[]).await;
    let alice = server.login("alice").await;
    let session = conversation(&alice, 1).await;
    let wrong = [
        ("after", "x"),
        ("after", "-1"),
        ("after", ""),
        ("after", "9223372036854775808"),
        ("after", "1.5"),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1001"),
        ("limit", "all"),
    ];
    for (name, value) in wrong {
        let answer = messages(&alice, &session, &format!("?{name}={value}")).await;
        refused_at(&answer, &[json!(["query", name])]);
        assert_eq!(answer.body["detail"][0]["input"], value);
    }
}
