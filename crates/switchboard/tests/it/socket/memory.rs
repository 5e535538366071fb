//! What an agent is reminded of.

use super::{Room, ask, asked, fake, server_with};
use crate::support::{Engine, on_both_stores};
use serde_json::json;
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    an_agent_is_reminded_of_the_conversation,
    an_agent_without_a_personality_has_no_instructions,
    what_does_not_fit_is_forgotten_oldest_first,
    each_agent_of_a_dialogue_sees_it_from_its_place,
    data_that_travels_with_a_text_reaches_the_model,
    a_text_without_an_answer_is_remembered,
);

fn answers(texts: &[&str]) -> Vec<Plan> {
    texts.iter().map(|text| Plan::answer(text)).collect()
}

async fn an_agent_is_reminded_of_the_conversation(engine: Engine) {
    let provider = FakeProvider::start(answers(&["1st", "2nd"])).await;
    let server = server_with(engine, &provider, &[]).await;
    let agent = json!({"provider": "fake", "model": "m", "personality": "Be kind."});
    let room = Room::with(&server, &agent).await;
    let mut socket = room.enter().await;
    ask(&mut socket, "one").await;
    ask(&mut room.enter().await, "two").await;
    let requests = provider.requests();
    assert_eq!(
        asked(&requests[0]),
        [("system", "Be kind."), ("user", "one")]
    );
    let second = [
        ("system", "Be kind."),
        ("user", "one"),
        ("assistant", "1st"),
        ("user", "two"),
    ];
    assert_eq!(asked(&requests[1]), second);
}

async fn an_agent_without_a_personality_has_no_instructions(engine: Engine) {
    let provider = FakeProvider::start(answers(&["1st"])).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    ask(&mut room.enter().await, "one").await;
    assert_eq!(asked(&provider.requests()[0]), [("user", "one")]);
}

/// A window of 5 tokens has room for 20 characters: the last text and its answer.
async fn what_does_not_fit_is_forgotten_oldest_first(engine: Engine) {
    let provider = FakeProvider::start(answers(&["answer 001", "answer 002", "answer 003"])).await;
    let server = server_with(engine, &provider, &[("LIMITS_HISTORY_TOKENS", "5")]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    for text in [
        "text 00001",
        "text 00002",
        "text 00003 is longer than the window",
    ] {
        ask(&mut socket, text).await;
    }
    let third = [
        ("user", "text 00002"),
        ("assistant", "answer 002"),
        ("user", "text 00003 is longer than the window"),
    ];
    assert_eq!(asked(&provider.requests()[2]), third);
}

async fn each_agent_of_a_dialogue_sees_it_from_its_place(engine: Engine) {
    let provider = FakeProvider::start(answers(&["b1", "a1", "b2", "a2"])).await;
    let server = server_with(engine, &provider, &[("LIMITS_TURNS_PER_AGENT", "2")]).await;
    let first = json!({"provider": "fake", "model": "m", "personality": "You ask."});
    let second = json!({"provider": "fake", "model": "n", "personality": "You answer."});
    let room = Room::between(&server, &first, &second).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    socket.until("stop").await;
    let requests = provider.requests();
    let said = |n: usize| asked(&requests[n])[1..].to_vec();
    assert_eq!(said(0), [("user", "go")]);
    assert_eq!(said(1), [("assistant", "go"), ("user", "b1")]);
    assert_eq!(
        said(2),
        [("user", "go"), ("assistant", "b1"), ("user", "a1")]
    );
    assert_eq!(
        said(3),
        [
            ("assistant", "go"),
            ("user", "b1"),
            ("assistant", "a1"),
            ("user", "b2")
        ]
    );
    for (request, personality) in requests
        .iter()
        .zip(["You answer.", "You ask."].iter().cycle())
    {
        let (role, instructions) = asked(request)[0];
        assert!(
            role == "system" && instructions.starts_with(personality),
            "{instructions}"
        );
        assert!(
            instructions.contains("__EXIT__"),
            "it is told how to end: {instructions}"
        );
    }
}

async fn data_that_travels_with_a_text_reaches_the_model(engine: Engine) {
    let provider = FakeProvider::start(answers(&["seen"])).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket
        .send(&json!({"type": "text", "content": "look", "structured_data": {"rows": 3}}))
        .await;
    socket.expect("response").await;
    let requests = provider.requests();
    let (_, text) = asked(&requests[0])[0];
    assert!(
        text.starts_with("look") && text.contains("\"rows\": 3"),
        "{text}"
    );
}

async fn a_text_without_an_answer_is_remembered(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::Fail(400), Plan::answer("yes")]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("one").await;
    socket.expect("error").await;
    ask(&mut socket, "two").await;
    assert_eq!(
        asked(&provider.requests()[1]),
        [("user", "one"), ("user", "two")]
    );
}
