//! Agents that used up their tokens for a minute.

use super::{Room, ask, clocked_server_with, content, contents, fake, frames, kinds, pass};
use crate::support::{Engine, Server, on_both_stores};
use serde_json::json;
use std::time::Duration;
use switchboard_testkit::provider::{FakeProvider, Plan};

on_both_stores!(
    an_agent_over_its_tokens_waits_and_goes_on,
    a_dialogue_waits_for_an_agent_and_goes_on,
    a_stop_ends_the_wait,
    agents_have_tokens_of_their_own,
);

const TEN_TOKENS: &[(&str, &str)] = &[("LIMITS_TOKENS_PER_MINUTE", "10")];

async fn an_agent_over_its_tokens_waits_and_goes_on(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, TEN_TOKENS).await;
    let room = Room::demo(&server, "script").await;
    let mut socket = room.enter().await;
    let answer = ask(&mut socket, "say much\ntokens 10").await;
    assert_eq!(answer["metadata"]["token_count"], 10);
    pass(&clock, &mut socket, 20).await;
    socket.say("say more").await;
    let cooldown = socket.expect("cooldown").await;
    let expected =
        json!({"role": "system", "cooldown_remaining": 40, "agent": room.agent(1), "seq": 4});
    assert_eq!(cooldown["metadata"], expected);
    clock.advance(Duration::from_secs(40));
    let answer = socket.expect("response").await;
    assert_eq!(
        (content(&answer), &answer["metadata"]["reply_to"]),
        ("more", &json!(3))
    );
}

/// Each answer of this provider uses ten tokens, so each agent may answer once a minute.
async fn a_dialogue_waits_for_an_agent_and_goes_on(engine: Engine) {
    let plans = ["b1", "a1", "b2", "a2"].map(Plan::answer).to_vec();
    let provider = FakeProvider::start(plans).await;
    let settings = [TEN_TOKENS, &[("LIMITS_TURNS_PER_AGENT", "2")]].concat();
    let (server, clock) = clocked_server_with(engine, &provider, &settings).await;
    let room = Room::between(&server, &fake("fake"), &fake("fake")).await;
    let mut socket = room.enter().await;
    socket.say("go").await;
    let seen = frames(&mut socket, 3).await;
    assert_eq!(kinds(&seen), ["response", "response", "cooldown"]);
    assert_eq!(seen[2]["metadata"]["agent"], room.agent(2));
    assert_eq!(seen[2]["metadata"]["cooldown_remaining"], 60);
    pass(&clock, &mut socket, 30).await;
    clock.advance(Duration::from_secs(30));
    let (stop, answers) = socket.until("stop").await;
    assert_eq!(contents(&answers), ["b2", "a2"]);
    assert_eq!(stop["metadata"]["reason"], "max_turns_reached");
}

async fn a_stop_ends_the_wait(engine: Engine) {
    let (server, clock) = Server::start_with_clock(engine, TEN_TOKENS).await;
    let room = Room::demo(&server, "script").await;
    let mut socket = room.enter().await;
    ask(&mut socket, "tokens 10").await;
    socket.say("say never").await;
    socket.expect("cooldown").await;
    socket.stop().await;
    socket.expect("stop").await;
    pass(&clock, &mut socket, 30).await;
    clock.advance(Duration::from_secs(30));
    assert_eq!(content(&ask(&mut socket, "say again").await), "again");
}

async fn agents_have_tokens_of_their_own(engine: Engine) {
    let (server, _clock) = Server::start_with_clock(engine, TEN_TOKENS).await;
    let (here, there) = (
        Room::demo(&server, "script").await,
        Room::demo(&server, "script").await,
    );
    let (mut first, mut second) = (here.enter().await, there.enter().await);
    ask(&mut first, "tokens 10").await;
    ask(&mut second, "tokens 10").await;
    first.say("say more").await;
    first.expect("cooldown").await;
}
