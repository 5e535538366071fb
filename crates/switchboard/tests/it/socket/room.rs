//! A session as a test sees it.

use super::demo;
use crate::support::Server;
use serde_json::{Value, json};
use switchboard_testkit::{
    chat::ChatClient,
    socket::{Came, Socket},
};

/// A session, and the user whose it is.
pub struct Room {
    pub user: ChatClient,
    pub session: String,
}

impl Room {
    /// A session of alice's with one agent of the demo provider.
    pub async fn demo(server: &Server, model: &str) -> Self {
        Self::with(server, &demo(model)).await
    }

    /// A session of alice's with this agent.
    pub async fn with(server: &Server, agent: &Value) -> Self {
        let user = server.login("alice").await;
        Self::of(
            &user,
            &json!({"session_type": "human_agent", "agents": {"primary": agent}}),
        )
        .await
    }

    /// A session of alice's in which two agents of the demo provider talk with each other.
    pub async fn dialogue(server: &Server, model: &str) -> Self {
        Self::between(server, &demo(model), &demo(model)).await
    }

    /// A session of alice's in which these two agents talk with each other.
    pub async fn between(server: &Server, first: &Value, second: &Value) -> Self {
        let user = server.login("alice").await;
        Self::of(
            &user,
            &json!({"session_type": "agent_agent", "agents": {"a": first, "b": second}}),
        )
        .await
    }

    /// The session of this user's that is asked for.
    pub async fn of(user: &ChatClient, body: &Value) -> Self {
        Self {
            user: user.clone(),
            session: user.create(body).await,
        }
    }

    /// Connects; when this returns, everything that happens from now on is seen.
    pub async fn enter(&self) -> Socket {
        self.enter_with("").await
    }

    /// Connects with a query like `?after=3`.
    pub async fn enter_with(&self, query: &str) -> Socket {
        let mut socket = self.user.connect(&self.session, query).await;
        greeted(&mut socket).await;
        socket
    }

    /// The id of the agent at this place, counted from 1.
    pub fn agent(&self, place: usize) -> String {
        format!("ai{place}_{}", self.session)
    }

    pub fn human(&self) -> String {
        format!("human_{}", self.session)
    }

    /// The whole transcript.
    pub async fn transcript(&self) -> Vec<Value> {
        let path = format!(
            "/api/chat/sessions/{}/messages?after=0&limit=1000",
            self.session
        );
        self.user.get(&path).await.ok()["messages"]
            .as_array()
            .unwrap()
            .clone()
    }

    pub async fn delete(&self) {
        self.user
            .delete(&format!("/api/chat/sessions/{}", self.session))
            .await
            .ok();
    }
}

/// Reads the first sign of life, which comes when the connection is admitted.
pub async fn greeted(socket: &mut Socket) {
    loop {
        match socket.next_raw().await {
            Came::Frame(frame) if frame["type"] == "ping" => return,
            Came::Ping => {}
            other => panic!("a sign of life was to come first, but {other:?}"),
        }
    }
}
