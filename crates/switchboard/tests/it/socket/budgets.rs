//! Tokens are counted, and budgets of them are kept.

use super::{Room, ask, content, demo, fake, server_with};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::{Value, json};
use switchboard_domain::{nouns::Meter, ports::find};
use switchboard_testkit::{
    provider::{FakeProvider, Plan},
    socket::Socket,
};

on_both_stores!(
    tokens_are_told_and_counted,
    a_session_pauses_when_its_budget_is_used_up,
    a_user_pauses_when_the_budget_is_used_up,
    a_dialogue_pauses_when_the_budget_is_used_up,
    a_call_that_failed_costs_nothing,
);

async fn tokens(server: &Server, meter: &str) -> (i64, i64, i64) {
    let meter: Option<Meter> = find(&*server.ports.store, meter).await.unwrap();
    meter.map_or((0, 0, 0), |meter| {
        (meter.input_tokens, meter.output_tokens, meter.calls)
    })
}

async fn expect_paused(socket: &mut Socket, text: &str) -> Value {
    socket.say(text).await;
    let notice = socket.expect("system").await;
    assert_eq!(notice["metadata"]["notice"], "budget_reached");
    assert!(content(&notice).contains("budget"), "{notice}");
    notice
}

async fn tokens_are_told_and_counted(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("ok")]).await;
    // A session's tokens are counted where there is a limit.
    let limits = [("LIMITS_TOKENS_PER_SESSION", "1000")];
    let server = server_with(engine, &provider, &limits).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    for _ in 0..2 {
        assert_eq!(
            ask(&mut socket, "hello").await["metadata"]["token_count"],
            10
        );
    }
    for meter in [room.agent(1), room.session.clone(), "user:alice".to_owned()] {
        assert_eq!(tokens(&server, &meter).await, (14, 6, 2), "{meter}");
    }
    let status = room
        .user
        .get(&format!("/api/agents/status/{}", room.agent(1)))
        .await
        .ok();
    assert_eq!(status["message_count"], 2);
}

async fn a_session_pauses_when_its_budget_is_used_up(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_TOKENS_PER_SESSION", "10")]).await;
    let room = Room::demo(&server, "script").await;
    let mut socket = room.enter().await;
    ask(&mut socket, "say one\ntokens 9").await;
    ask(&mut socket, "say two\ntokens 9").await;
    let notice = expect_paused(&mut socket, "say three").await;
    assert_eq!(
        notice["metadata"],
        json!({"role": "system", "notice": "budget_reached", "seq": 6})
    );
    expect_paused(&mut socket, "say four").await;
    let other = Room::demo(&server, "script").await;
    ask(&mut other.enter().await, "say another session has its own").await;
}

async fn a_user_pauses_when_the_budget_is_used_up(engine: Engine) {
    let server = Server::start(engine, &[("LIMITS_TOKENS_PER_USER", "10")]).await;
    let (one, two) = (
        Room::demo(&server, "script").await,
        Room::demo(&server, "script").await,
    );
    ask(&mut one.enter().await, "tokens 10").await;
    expect_paused(&mut two.enter().await, "say more").await;
    let body = json!({"session_type": "human_agent", "agents": {"primary": demo("script")}});
    let his = Room::of(&server.login("bob").await, &body).await;
    ask(&mut his.enter().await, "say bob has his own").await;
}

async fn a_dialogue_pauses_when_the_budget_is_used_up(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::answer("ok")]).await;
    let server = server_with(engine, &provider, &[("LIMITS_TOKENS_PER_SESSION", "30")]).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let (_, answers) = socket.until("system").await;
    assert_eq!(answers.len(), 3);
    expect_paused(&mut socket, "more").await;
    assert_eq!(provider.requests().len(), 3);
}

async fn a_call_that_failed_costs_nothing(engine: Engine) {
    let provider = FakeProvider::start(vec![Plan::Fail(401), Plan::answer("ok")]).await;
    let server = server_with(engine, &provider, &[]).await;
    let room = Room::with(&server, &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("hello").await;
    socket.expect("error").await;
    assert_eq!(tokens(&server, &room.session).await, (0, 0, 0));
}
