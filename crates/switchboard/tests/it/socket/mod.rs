//! Conversations over the WebSocket, and dialogues between agents, as clients see them.

mod access;
mod acks;
mod bad_frames;
mod budgets;
mod closing;
mod cooldown;
mod dialogue;
mod endings;
mod entry;
mod failures;
mod frames;
mod keep_alive;
mod limits;
mod memory;
mod order;
mod pieces;
mod registered;
mod restart;
mod resume;
mod room;
mod rounds;
mod stop;
mod token_doors;

use crate::support::{Engine, Place, Server};
use room::{Room, greeted};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_testkit::{clock::TestClock, provider::FakeProvider, socket::Socket};

/// Dialogues in which each agent has two turns.
const TWO_TURNS: &[(&str, &str)] = &[("LIMITS_TURNS_PER_AGENT", "2")];

/// An agent of the demo provider.
fn demo(model: &str) -> Value {
    json!({"provider": "demo", "model": model})
}

/// An agent of a test's own provider.
fn fake(provider: &str) -> Value {
    json!({"provider": provider, "model": "m"})
}

/// A server with one provider besides, `fake`.
async fn server_with(engine: Engine, provider: &FakeProvider, more: &[(&str, &str)]) -> Server {
    Server::start_with_file(engine, &file(&[("fake", provider)]), more).await
}

/// The same with a clock that the test moves.
async fn clocked_server_with(
    engine: Engine,
    provider: &FakeProvider,
    more: &[(&str, &str)],
) -> (Server, TestClock) {
    let place = Place::new(engine)
        .await
        .with_file(&file(&[("fake", provider)]));
    Server::start_with_clock_at(place, more).await
}

/// A file of settings with these providers.
fn file(providers: &[(&str, &FakeProvider)]) -> String {
    let section = |(name, provider): &(&str, &FakeProvider)| {
        format!(
            "[providers.{name}]\nbase_url = \"{}\"\nmodels = [\"m\", \"n\"]\n",
            provider.base_url()
        )
    };
    providers.iter().map(section).collect()
}

/// Lets seconds pass, fewer than a connection may be idle, with a sign of life from the client at
/// their end.
async fn pass(clock: &TestClock, socket: &mut Socket, seconds: u64) {
    clock.advance(Duration::from_secs(seconds));
    socket.send(&json!({"type": "hello?"})).await;
    socket.until("error").await;
}

fn seq(frame: &Value) -> u64 {
    frame["metadata"]["seq"]
        .as_u64()
        .unwrap_or_else(|| panic!("no number: {frame}"))
}

fn seqs(frames: &[Value]) -> Vec<u64> {
    frames.iter().map(seq).collect()
}

fn content(frame: &Value) -> &str {
    frame["content"]
        .as_str()
        .unwrap_or_else(|| panic!("no content: {frame}"))
}

fn contents(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(content).collect()
}

fn kinds(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .map(|frame| frame["type"].as_str().unwrap())
        .collect()
}

/// The names of an object's members, sorted.
fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    names
}

/// Reads so many frames.
async fn frames(socket: &mut Socket, count: usize) -> Vec<Value> {
    let mut frames = Vec::with_capacity(count);
    for _ in 0..count {
        frames.push(socket.frame().await);
    }
    frames
}

/// Says something and reads the answer to it.
async fn ask(socket: &mut Socket, content: &str) -> Value {
    socket.say(content).await;
    socket.expect("response").await
}

/// What a model was sent: role and content of each message.
fn asked(request: &Value) -> Vec<(&str, &str)> {
    let messages = request["messages"]
        .as_array()
        .unwrap_or_else(|| panic!("no messages: {request}"));
    messages
        .iter()
        .map(|message| {
            (
                message["role"].as_str().unwrap(),
                message["content"].as_str().unwrap(),
            )
        })
        .collect()
}

/// Reads to the end of a round: the frames before the stop, and its reason.
async fn round(socket: &mut Socket) -> (Vec<Value>, String) {
    let (stop, before) = socket.until("stop").await;
    let reason = stop["metadata"]["reason"].as_str().unwrap().to_owned();
    assert_eq!(stop["metadata"]["role"], "system");
    (before, reason)
}
