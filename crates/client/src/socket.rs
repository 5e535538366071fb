//! Making a WebSocket out of a request. The HTTP client does the connecting and the TLS, so there is
//! one place that knows about certificates.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Response, StatusCode, Upgraded, header};
use switchboard_domain::ports::Random;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

use crate::{
    access::Access,
    error::{End, Error},
};

/// A connection to a session.
pub(crate) type Socket = WebSocketStream<Upgraded>;

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum NoSocket {
    /// It may work the next time.
    Again(String),
    /// It will not work.
    End(End),
}

/// What is wanted of a connection.
#[derive(Debug)]
pub(crate) struct Dial {
    pub session: String,
    /// The cursor after which to resume.
    pub after: i64,
    /// Whether pieces of answers are wanted.
    pub pieces: bool,
    /// Whether to sign in first.
    pub sign_in: bool,
    /// The key of the handshake, which shows that the answer is no old one.
    pub key: String,
}

/// A fresh key for a handshake.
pub(crate) fn key(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    STANDARD.encode(bytes)
}

impl Dial {
    /// Connects.
    pub async fn connect(&self, access: &Access) -> Result<Socket, NoSocket> {
        if self.sign_in {
            access.renew().await.map_err(refused_sign_in)?;
        }
        let path = format!(
            "/api/chat/ws/{}?after={}{}",
            self.session,
            self.after,
            if self.pieces { "&stream=1" } else { "" }
        );
        let request = access
            .server
            .request(Method::GET, &path, Some(&access.token()))
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &self.key);
        let answer = access.server.send(request).await;
        let answer = answer.map_err(|error| NoSocket::Again(error.to_string()))?;
        if !self.accepted(&answer) {
            let status = answer.status();
            return Err(NoSocket::Again(format!(
                "{} opens no WebSocket: {status}",
                access.server.base()
            )));
        }
        let upgraded = answer.upgrade().await;
        let upgraded = upgraded.map_err(|error| NoSocket::Again(error.to_string()))?;
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
    }

    /// Whether the answer is the one to this handshake (RFC 6455 §4.1).
    fn accepted(&self, answer: &Response) -> bool {
        let accept = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT);
        answer.status() == StatusCode::SWITCHING_PROTOCOLS
            && accept.is_some_and(|accept| *accept == derive_accept_key(self.key.as_bytes()))
    }
}

/// A refusal that waiting does not change ends the conversation.
fn refused_sign_in(error: Error) -> NoSocket {
    match error.status() {
        Some(status) if status != 429 && status < 500 => NoSocket::End(End::SignIn(error)),
        _ => NoSocket::Again(error.to_string()),
    }
}
