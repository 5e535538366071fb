//! Registered agents: made, shared, found, and talking to each other.

mod list;
mod messages;
mod modes;
mod rate;
mod register;
mod search;
mod status;
mod unregister;

use serde_json::{Value, json};
use switchboard_testkit::chat::{Answer, ChatClient};

use super::REGISTER;

const LIST: &str = "/api/agents/list";

/// The members of an agent's status, in the order of the alphabet.
const STATUS: &[&str] = &[
    "agent_id",
    "agent_type",
    "capabilities",
    "interaction_modes",
    "is_running",
    "last_active",
    "message_count",
    "metadata",
    "name",
    "owner_id",
    "status",
];

/// An agent called Ada that echoes, with these members besides.
fn ada(more: Value) -> Value {
    let Value::Object(more) = more else {
        panic!("no members: {more}")
    };
    let mut body = json!({"name": "Ada", "provider": "demo", "model": "echo"});
    body.as_object_mut().unwrap().extend(more);
    body
}

/// Registers Ada, and answers with her id.
async fn register(client: &ChatClient, more: Value) -> String {
    let answer = client.post(REGISTER, &ada(more)).await.ok();
    answer["agent_id"].as_str().unwrap().to_owned()
}

async fn status(client: &ChatClient, agent: &str) -> Answer {
    client.get(&format!("/api/agents/status/{agent}")).await
}

async fn capabilities(client: &ChatClient, agent: &str) -> Answer {
    client
        .get(&format!("/api/agents/{agent}/capabilities"))
        .await
}

async fn unregister(client: &ChatClient, agent: &str) -> Answer {
    client.delete(&format!("/api/agents/{agent}")).await
}

/// Sends a message from one agent to another.
async fn tell(client: &ChatClient, from: &str, to: &str, content: &str) -> Answer {
    let body = json!({"receiver_id": to, "content": content, "message_type": "text"});
    client
        .post(&format!("/api/agents/{from}/message"), &body)
        .await
}

/// What came to an agent; `query` is like `?after=3`.
async fn inbox(client: &ChatClient, agent: &str, query: &str) -> Answer {
    client
        .get(&format!("/api/agents/{agent}/messages{query}"))
        .await
}

/// The bare number of an agent's id.
fn number(id: &str) -> &str {
    id.strip_prefix("agent_").expect("the prefix of agents")
}
