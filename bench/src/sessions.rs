//! Sessions of the server with the demo agent that says what it is told.

use crate::{child::Switchboard, failure::Failure, http::Http, socket::Socket};

const NEW: &str = r#"{"session_type":"human_agent","agents":{"primary":{"provider":"demo","model":"echo","personality":"helpful"}}}"#;

/// How the frame with the agent's answer begins.
pub const RESPONSE: &[u8] = br#"{"type":"response""#;

/// Creates a session and tells its id.
pub async fn create(server: &Switchboard, http: &mut Http) -> Result<String, Failure> {
    let headers = format!("content-type: application/json\r\n{}", server.bearer);
    let path = "/api/chat/sessions/create";
    let answer = http.ask("POST", path, &headers, NEW).await?;
    answer.text("session_id").map(str::to_owned)
}

/// Deletes a session.
pub async fn delete(server: &Switchboard, http: &mut Http, id: &str) -> Result<(), Failure> {
    let path = format!("/api/chat/sessions/{id}");
    let answer = http.ask("DELETE", &path, &server.bearer, "").await;
    answer.map(drop)
}

/// Creates so many sessions and tells their ids.
pub async fn create_many(server: &Switchboard, count: usize) -> Result<Vec<String>, Failure> {
    let mut http = Http::connect(server.at).await?;
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(create(server, &mut http).await?);
    }
    Ok(ids)
}

/// Connects to a session.
pub async fn connect(server: &Switchboard, id: &str) -> Result<Socket, Failure> {
    Socket::open(server.at, &path(id), &server.bearer).await
}

/// Connects to each of these sessions.
pub async fn connect_each(server: &Switchboard, ids: &[String]) -> Result<Vec<Socket>, Failure> {
    let mut sockets = Vec::with_capacity(ids.len());
    for id in ids {
        sockets.push(connect(server, id).await?);
    }
    Ok(sockets)
}

/// The address of a session's WebSocket.
pub fn path(id: &str) -> String {
    format!("/api/chat/ws/{id}")
}
