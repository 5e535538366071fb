//! Sessions of the server with the demo agent that says what it is told.

use std::net::SocketAddr;

use crate::{child::Switchboard, failure::Failure, http::Http, socket::Socket};

const NEW: &str = r#"{"session_type":"human_agent","agents":{"primary":{"provider":"demo","model":"echo","personality":"helpful"}}}"#;

/// How the frame with the agent's answer begins.
pub const RESPONSE: &[u8] = br#"{"type":"response""#;

/// What a client needs to know, without the process of the server.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where the server listens.
    pub at: SocketAddr,
    /// The header that says who asks.
    pub bearer: String,
}

impl Client {
    /// A client of this server.
    pub fn of(server: &Switchboard) -> Self {
        Self {
            at: server.at,
            bearer: server.bearer.clone(),
        }
    }

    /// Creates a session and tells its id. Asks again after a conflict with another client.
    pub async fn create(&self, http: &mut Http) -> Result<String, Failure> {
        loop {
            match self.create_at_once(http).await {
                Err(Failure::Refused { status: 409, .. }) => {}
                created => return created,
            }
        }
    }

    /// Creates a session and tells its id.
    pub async fn create_at_once(&self, http: &mut Http) -> Result<String, Failure> {
        let headers = format!("content-type: application/json\r\n{}", self.bearer);
        let path = "/api/chat/sessions/create";
        let answer = http.ask("POST", path, &headers, NEW).await?;
        answer.text("session_id").map(str::to_owned)
    }

    /// Deletes a session.
    pub async fn delete(&self, http: &mut Http, id: &str) -> Result<(), Failure> {
        let path = format!("/api/chat/sessions/{id}");
        let answer = http.ask("DELETE", &path, &self.bearer, "").await;
        answer.map(drop)
    }

    /// Connects to a session.
    pub async fn connect(&self, id: &str) -> Result<Socket, Failure> {
        Socket::open(self.at, &path(id), &self.bearer).await
    }
}

/// Creates so many sessions and tells their ids.
pub async fn create_many(server: &Switchboard, count: usize) -> Result<Vec<String>, Failure> {
    let (client, mut http) = (Client::of(server), Http::connect(server.at).await?);
    let mut ids = Vec::with_capacity(count);
    for _ in 0..count {
        ids.push(client.create(&mut http).await?);
    }
    Ok(ids)
}

/// Connects to each of these sessions.
pub async fn connect_each(server: &Switchboard, ids: &[String]) -> Result<Vec<Socket>, Failure> {
    let client = Client::of(server);
    let mut sockets = Vec::with_capacity(ids.len());
    for id in ids {
        sockets.push(client.connect(id).await?);
    }
    Ok(sockets)
}

/// The address of a session's WebSocket.
pub fn path(id: &str) -> String {
    format!("/api/chat/ws/{id}")
}

/// The number of a frame that is kept in the transcript.
pub fn seq(frame: &[u8]) -> Option<u64> {
    const KEY: &[u8] = b"\"seq\":";
    let at = frame.windows(KEY.len()).rposition(|part| part == KEY)?;
    let digits = frame[at + KEY.len()..].iter();
    let digits = digits.take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
