//! What alice has, and how a route is asked for it.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard_doors::Route;
use switchboard_testkit::{
    PATIENCE,
    chat::{Answer, ChatClient, send},
};
use tokio::time::timeout;

use crate::{
    rest::{CREATE, REGISTER, SESSIONS, demo, with_person},
    support::Server,
};

/// A word that only alice may ever see.
pub const MARK: &str = "canary-of-alice";

/// What alice has.
pub struct Things {
    pub alice: ChatClient,
    pub session: String,
    pub agent: String,
}

impl Things {
    /// Makes them.
    pub async fn of_alice(server: &Server) -> Self {
        let alice = server.login("alice").await;
        let mut body = with_person(&json!({
            "provider": "demo", "personality": MARK, "capabilities": [MARK], "metadata": {"note": MARK},
        }));
        body["metadata"] = json!({"note": MARK});
        let session = alice.create(&body).await;
        let mut socket = alice.connect(&session, "").await;
        socket.say(MARK).await;
        socket.expect("response").await;
        let agent = alice.post(REGISTER, &agent_body()).await.ok()["agent_id"].clone();
        let things = Self {
            alice,
            session,
            agent: agent.as_str().unwrap().to_owned(),
        };
        things.talk_to_itself().await;
        things
    }

    /// The agent says something to itself, so that its inbox holds a message and an answer.
    async fn talk_to_itself(&self) {
        let body = json!({"receiver_id": self.agent, "content": MARK});
        self.alice
            .post(&format!("/api/agents/{}/message", self.agent), &body)
            .await
            .ok();
        let answered = async {
            let path = format!("/api/agents/{}/messages?after=1", self.agent);
            while self.alice.get(&path).await.ok()["messages"] == json!([]) {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, answered)
            .await
            .expect("the agent answers itself");
    }

    /// All of it as it is now, but for the time of day.
    pub async fn look(&self) -> Value {
        let (session, agent) = (&self.session, &self.agent);
        let paths = [
            SESSIONS.to_owned(),
            format!("{SESSIONS}/{session}"),
            format!("{SESSIONS}/{session}/messages"),
            "/api/agents/list".to_owned(),
            format!("/api/agents/status/{agent}"),
            format!("/api/agents/{agent}/capabilities"),
            format!("/api/agents/{agent}/messages"),
        ];
        let mut seen = Vec::new();
        for path in paths {
            let mut body = self.alice.get(&path).await.ok();
            body.as_object_mut().unwrap().remove("timestamp");
            seen.push(body);
        }
        seen.into()
    }
}

fn agent_body() -> Value {
    json!({
        "name": MARK, "provider": "demo", "model": "echo", "capabilities": [MARK],
        "personality": MARK, "metadata": {"note": MARK},
    })
}

/// Asks the route for alice's things, with a body that the route understands.
pub async fn send_to(client: &ChatClient, route: &Route, things: &Things) -> Answer {
    let file = match route.path {
        "/page/{file}" => "style.css",
        _ => "index.css",
    };
    let path = route
        .path
        .replace("{session_id}", &things.session)
        .replace("{agent_id}", &things.agent)
        .replace("{file}", file);
    assert!(
        !path.contains('{'),
        "say in this file what {} names",
        route.path
    );
    let query = if path.ends_with("/search") {
        format!("?q={MARK}")
    } else {
        String::new()
    };
    let method = Method::from_bytes(route.method.as_bytes()).unwrap();
    let request = client.request(method, &format!("{path}{query}"));
    send(match body_for(route, things) {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

fn body_for(route: &Route, things: &Things) -> Option<Value> {
    Some(match route.path {
        CREATE => with_person(&demo("echo")),
        REGISTER => json!({"name": "Ada", "provider": "demo"}),
        path if path.ends_with("/message") => {
            json!({"receiver_id": things.agent, "content": "from a visitor"})
        }
        "/api/auth/login" => json!({"username": "alice", "password": "x"}),
        _ if route.method == "POST" && !route.path.starts_with("/api/auth/") => {
            panic!("say in this file which body {} understands", route.path)
        }
        _ => return None,
    })
}

/// Whether the address names a thing that belongs to somebody.
pub fn names_something(route: &Route) -> bool {
    route.path.contains("_id}")
}

/// Whether the route opens a WebSocket.
pub fn is_socket(route: &Route) -> bool {
    route.path.starts_with("/api/chat/ws/")
}
