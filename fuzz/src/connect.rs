//! WebSockets without a network.

use super::server::Server;
use axum::{
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
};
use futures::{StreamExt as _, future::join};
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use std::fmt::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};
use tower::ServiceExt as _;

/// How many bytes may be under way, each way.
const UNDER_WAY: usize = 64 << 10;
/// A session of a person with the agent that answers with what it was told.
const SESSION: &str =
    r#"{"session_type": "human_agent", "agents": {"a": {"provider": "demo", "model": "echo"}}}"#;

/// How a client says who it is.
pub struct Entry {
    query: String,
    header: Option<(&'static str, HeaderValue)>,
}

impl Entry {
    /// By the address.
    pub fn query(token: &str) -> Self {
        let mut query = String::from("?token=");
        for byte in token.bytes() {
            let _ = write!(query, "%{byte:02x}");
        }
        Self {
            query,
            header: None,
        }
    }

    /// By `Authorization`, if that can stand there.
    pub fn bearer(token: &str) -> Option<Self> {
        Self::header("authorization", &format!("Bearer {token}"))
    }

    /// By the subprotocol, if that can stand there.
    pub fn subprotocol(token: &str) -> Option<Self> {
        Self::header("sec-websocket-protocol", &format!("bearer, {token}"))
    }

    fn header(name: &'static str, value: &str) -> Option<Self> {
        Some(Self {
            query: String::new(),
            header: Some((name, HeaderValue::from_str(value).ok()?)),
        })
    }

    fn request(&self, session: &str) -> Vec<u8> {
        let mut request = format!(
            "GET /api/chat/ws/{session}{} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n",
            self.query
        )
        .into_bytes();
        if let Some((name, value)) = &self.header {
            for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                request.extend(part);
            }
        }
        request.extend(b"\r\n");
        request
    }
}

/// A new session; its id.
pub fn session(server: &Server) -> String {
    let request = Request::post("/api/chat/sessions/create")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.token))
        .body(Body::from(SESSION));
    let answer = server.ask(request.unwrap());
    assert_eq!(answer.status, StatusCode::OK);
    let json = answer.json.unwrap();
    json["session_id"].as_str().unwrap().to_owned()
}

/// Ends a session, and what runs in it.
pub fn end(server: &Server, session: &str) {
    let request = Request::delete(format!("/api/chat/sessions/{session}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", server.token))
        .body(Body::empty());
    assert_eq!(server.ask(request.unwrap()).status, StatusCode::OK);
}

/// Opens the WebSocket of a session, and does something with the client's end. Whoever reads that to its end knows that
/// the server is done with the connection.
pub fn over<T, F: Future<Output = T>>(
    server: &Server,
    session: &str,
    entry: &Entry,
    work: impl FnOnce(DuplexStream) -> F,
) -> T {
    let (mut client, at_server) = duplex(UNDER_WAY);
    let service = server
        .router
        .clone()
        .map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new));
    server.run(async {
        let serving = http1::Builder::new()
            .serve_connection(TokioIo::new(at_server), TowerToHyperService::new(service))
            .with_upgrades();
        let working = async {
            client.write_all(&entry.request(session)).await.unwrap();
            upgraded(&mut client).await;
            work(client).await
        };
        let (connection, outcome) = join(serving, working).await;
        connection.unwrap();
        outcome
    })
}

/// Reads the head of the answer, which always says that the connection is a WebSocket.
async fn upgraded(client: &mut DuplexStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let text = String::from_utf8_lossy(&head);
    assert!(text.starts_with("HTTP/1.1 101"), "{text}");
}

/// Whether the server lets the client in. If it does not, it says so by the code 4003.
pub fn comes_in(server: &Server, session: &str, entry: &Entry) -> bool {
    over(server, session, entry, |client| async {
        let mut socket = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
        let came_in = loop {
            match socket.next().await {
                Some(Ok(Message::Text(_))) => break true,
                Some(Ok(Message::Close(Some(close)))) => {
                    assert_eq!(u16::from(close.code), 4003);
                    break false;
                }
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        if came_in {
            socket.close(None).await.ok();
        }
        while let Some(Ok(_)) = socket.next().await {}
        came_in
    })
}
