//! Conversations over the WebSocket, and dialogues between agents, as clients see them.

mod access;
mod acks;
mod bad_frames;
mod budgets;
mod closing;
mod cooldown;
mod dialogue;
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
mod rounds;
mod stop;
mod token_doors;

use crate::support::{Engine, Place, Server};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_testkit::{
    chat::ChatClient,
    clock::TestClock,
    provider::FakeProvider,
    socket::{Came, Socket},
};

/// A session, and the user whose it is.
struct Room {
    user: ChatClient,
    session: String,
}

impl Room {
    /// A session of alice's with one agent of the demo provider.
    async fn demo(server: &Server, model: &str) -> Self {
        Self::with(server, &demo(model)).await
    }

    /// A session of alice's with this agent.
    async fn with(server: &Server, agent: &Value) -> Self {
        let user = server.login("alice").await;
        Self::of(
            &user,
            &json!({"session_type": "human_agent", "agents": {"primary": agent}}),
        )
        .await
    }

    /// A session of alice's in which two agents of the demo provider talk with each other.
    async fn dialogue(server: &Server, model: &str) -> Self {
        Self::between(server, &demo(model), &demo(model)).await
    }

    /// A session of alice's in which these two agents talk with each other.
    async fn between(server: &Server, first: &Value, second: &Value) -> Self {
        let user = server.login("alice").await;
        Self::of(
            &user,
            &json!({"session_type": "agent_agent", "agents": {"a": first, "b": second}}),
        )
        .await
    }

    /// The session of this user's that is asked for.
    async fn of(user: &ChatClient, body: &Value) -> Self {
        Self {
            user: user.clone(),
            session: user.create(body).await,
        }
    }

    /// Connects; when this returns, everything that happens from now on is seen.
    async fn enter(&self) -> Socket {
        self.enter_with("").await
    }

    /// Connects with a query like `?after=3`.
    async fn enter_with(&self, query: &str) -> Socket {
        let mut socket = self.user.connect(&self.session, query).await;
        greeted(&mut socket).await;
        socket
    }

    /// The id of the agent at this place, counted from 1.
    fn agent(&self, place: usize) -> String {
        format!("ai{place}_{}", self.session)
    }

    fn human(&self) -> String {
        format!("human_{}", self.session)
    }

    /// The whole transcript.
    async fn transcript(&self) -> Vec<Value> {
        let path = format!(
            "/api/chat/sessions/{}/messages?after=0&limit=1000",
            self.session
        );
        self.user.get(&path).await.ok()["messages"]
            .as_array()
            .unwrap()
            .clone()
    }

    async fn delete(&self) {
        self.user
            .delete(&format!("/api/chat/sessions/{}", self.session))
            .await
            .ok();
    }
}

/// Reads the first sign of life, which comes when the connection is admitted.
async fn greeted(socket: &mut Socket) {
    loop {
        match socket.next_raw().await {
            Came::Frame(frame) if frame["type"] == "ping" => return,
            Came::Ping => {}
            other => panic!("a sign of life was to come first, but {other:?}"),
        }
    }
}

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
