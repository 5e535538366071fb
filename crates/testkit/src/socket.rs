//! A client of the chat API's WebSocket.

use crate::{PATIENCE, chat::ChatClient, wire::Wire};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue},
};

/// The receive buffer of a client that reads slowly, in bytes.
const NARROW: u32 = 4096;

/// A connection to a session.
pub struct Socket {
    inner: WebSocketStream<Wire>,
    silence: Arc<AtomicBool>,
    /// The subprotocol that the server chose.
    pub protocol: Option<String>,
}

/// What came.
#[derive(Debug, PartialEq)]
pub enum Came {
    /// A frame, as JSON.
    Frame(Value),
    /// A ping of the protocol itself.
    Ping,
    /// The server closed, with this code and reason.
    Closed(u16, String),
    /// The connection broke.
    Broken,
}

impl ChatClient {
    /// Opens the WebSocket of a session, with the token in a header. `query` is like `?after=3`.
    pub async fn connect(&self, session: &str, query: &str) -> Socket {
        self.try_connect(session, query)
            .await
            .expect("the upgrade succeeds")
    }

    /// Tries to open the WebSocket of a session.
    ///
    /// # Errors
    /// When the upgrade fails.
    pub async fn try_connect(&self, session: &str, query: &str) -> Result<Socket, Error> {
        let bearer = self
            .token
            .as_ref()
            .map(|token| ("authorization", format!("Bearer {token}")));
        self.connect_with(session, query, bearer.as_slice()).await
    }

    /// Tries to open the WebSocket of a session with these headers and nothing else.
    ///
    /// # Errors
    /// When the upgrade fails.
    pub async fn connect_with(
        &self,
        session: &str,
        query: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Socket, Error> {
        self.open(session, query, headers, None).await
    }

    /// Opens the WebSocket of a session as [`ChatClient::connect`] does, with room for next to
    /// nothing that was not read yet.
    pub async fn connect_narrow(&self, session: &str, query: &str) -> Socket {
        let bearer = format!("Bearer {}", self.token.as_deref().unwrap_or_default());
        let headers = [("authorization", bearer)];
        self.open(session, query, &headers, Some(NARROW))
            .await
            .expect("the upgrade succeeds")
    }

    async fn open(
        &self,
        session: &str,
        query: &str,
        headers: &[(&'static str, String)],
        receive_buffer: Option<u32>,
    ) -> Result<Socket, Error> {
        let url = format!(
            "{}/api/chat/ws/{session}{query}",
            self.base().replacen("http", "ws", 1)
        );
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_str(value)?);
        }
        let host = request.uri().host().unwrap_or_default().to_owned();
        let wire = Wire::connect(
            &host,
            request.uri().port_u16().unwrap_or(80),
            receive_buffer,
        )
        .await?;
        let silence = wire.silence();
        let (inner, response) = timeout(PATIENCE, client_async(request, wire))
            .await
            .expect("the server answers")?;
        let protocol = response.headers().get("sec-websocket-protocol");
        let protocol = protocol
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(Socket {
            inner,
            silence,
            protocol,
        })
    }
}

impl Socket {
    /// Sends a frame.
    pub async fn send(&mut self, frame: &Value) {
        self.send_raw(Message::text(frame.to_string())).await;
    }

    /// Sends any message; that the connection broke is seen by reading.
    pub async fn send_raw(&mut self, message: Message) {
        self.inner.send(message).await.ok();
    }

    /// Says something.
    pub async fn say(&mut self, content: &str) {
        self.send(&json!({"type": "text", "content": content}))
            .await;
    }

    /// Says something under the client's own name for it, which is acknowledged.
    pub async fn say_as(&mut self, client_id: &str, content: &str) {
        let metadata = json!({ "client_id": client_id });
        self.send(&json!({"type": "text", "content": content, "metadata": metadata}))
            .await;
    }

    /// What comes next, signs of life included.
    pub async fn next_raw(&mut self) -> Came {
        loop {
            let message = timeout(PATIENCE, self.inner.next())
                .await
                .expect("something comes in time");
            return match message {
                Some(Ok(Message::Text(text))) => {
                    Came::Frame(serde_json::from_str(&text).expect("frames are JSON"))
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    Came::Closed(frame.code.into(), frame.reason.to_string())
                }
                Some(Ok(Message::Ping(_))) => Came::Ping,
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Came::Broken,
            };
        }
    }

    /// Reads until the server's answer to a ping of the protocol.
    pub async fn pong(&mut self) {
        loop {
            match timeout(PATIENCE, self.inner.next())
                .await
                .expect("something comes in time")
            {
                Some(Ok(Message::Pong(_))) => return,
                Some(Ok(Message::Close(_)) | Err(_)) | None => panic!("the connection ended"),
                Some(Ok(_)) => {}
            }
        }
    }

    /// What comes next, without signs of life.
    pub async fn came(&mut self) -> Came {
        loop {
            match self.next_raw().await {
                Came::Ping => {}
                Came::Frame(frame) if frame["type"] == "ping" => {}
                other => return other,
            }
        }
    }

    /// The next frame, without signs of life.
    pub async fn frame(&mut self) -> Value {
        match self.came().await {
            Came::Frame(frame) => frame,
            other => panic!("a frame was to come, but {other:?}"),
        }
    }

    /// The next frame, which has to be of this type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Reads until the server closes, and answers with the code and the frames before it.
    pub async fn closed(&mut self) -> (u16, Vec<Value>) {
        let mut frames = Vec::new();
        loop {
            match self.came().await {
                Came::Frame(frame) => frames.push(frame),
                Came::Closed(code, _) => return (code, frames),
                Came::Ping => {}
                Came::Broken => {
                    panic!("the connection broke without a close code, after {frames:?}")
                }
            }
        }
    }

    /// Stops what runs.
    pub async fn stop(&mut self) {
        self.send(&json!({"type": "stop"})).await;
    }

    /// Reads until a frame of this type, and answers with it and the frames before it.
    pub async fn until(&mut self, kind: &str) -> (Value, Vec<Value>) {
        let mut before = Vec::new();
        loop {
            let frame = self.frame().await;
            if frame["type"] == kind {
                return (frame, before);
            }
            before.push(frame);
        }
    }

    /// From now on nothing that this client sends arrives, not even an answer to a ping.
    pub fn fall_silent(&self) {
        self.silence.store(true, Ordering::Relaxed);
    }

    /// The code and the reason with which the server closes, after whatever frames.
    pub async fn why_closed(&mut self) -> (u16, String) {
        loop {
            match self.came().await {
                Came::Closed(code, reason) => return (code, reason),
                Came::Broken => panic!("the connection broke without a close code"),
                Came::Frame(_) | Came::Ping => {}
            }
        }
    }

    /// Closes.
    pub async fn close(mut self) {
        self.inner.close(None).await.ok();
    }
}
