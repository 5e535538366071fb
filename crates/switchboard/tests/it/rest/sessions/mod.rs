//! Sessions: created, read, listed, ended, and their transcripts.

mod create;
mod dialogue;
mod end;
mod expire;
mod places;
mod providers;
mod read;
mod refuse;
mod registered;
mod transcript;

use serde_json::Value;
use switchboard_testkit::chat::{Answer, ChatClient};

use super::SESSIONS;

async fn get(client: &ChatClient, session: &str) -> Answer {
    client.get(&format!("{SESSIONS}/{session}")).await
}

async fn delete(client: &ChatClient, session: &str) -> Answer {
    client.delete(&format!("{SESSIONS}/{session}")).await
}

/// A page of the transcript; `query` is like `?after=3`.
async fn messages(client: &ChatClient, session: &str, query: &str) -> Answer {
    client
        .get(&format!("{SESSIONS}/{session}/messages{query}"))
        .await
}

/// The ids in a list of sessions.
async fn listed(client: &ChatClient) -> Vec<String> {
    let list = client.get(SESSIONS).await.ok();
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(list["total_count"], sessions.len());
    sessions
        .iter()
        .map(|session| text(&session["session_id"]))
        .collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}
