//! The reading loop: what the client sends, one frame after another.

use super::{
    close::Close,
    incoming::{Incoming, IncomingText, Rejected},
    outbound::Reply,
};
use crate::chat::frames::{self, Frame};
use axum::extract::ws::Message;
use futures::{Stream, StreamExt};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use switchboard_core::{
    Rate, Switchboard,
    dialogue::{self, NewText},
};
use switchboard_domain::{
    Error,
    ids::ConnectionId,
    nouns::{Object, Principal, Session},
};
use tokio::sync::mpsc::Sender;

/// The reading half of a connection.
pub struct Inbound<'a> {
    pub app: &'a Arc<Switchboard>,
    pub caller: &'a Principal,
    pub session: &'a Session,
    pub connection: &'a ConnectionId,
    pub frame_bytes: usize,
    pub last_seen: &'a AtomicI64,
    pub replies: Sender<Box<Reply>>,
}

impl Inbound<'_> {
    /// Reads until the connection has to close.
    pub async fn run(
        self,
        stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    ) -> Close {
        while let Some(message) = stream.next().await {
            self.last_seen
                .store(self.app.ports.now().as_micros(), Ordering::Relaxed);
            let result = match message {
                // In a box, so that who is silent needs no room for it.
                Ok(message) => Box::pin(self.take(message)).await,
                Err(error) => Err(why_broken(&error)),
            };
            if let Err(close) = result {
                return close;
            }
        }
        Close::Gone
    }

    async fn take(&self, message: Message) -> Result<(), Close> {
        if self
            .app
            .rates
            .check(Rate::Frames, self.connection.as_str())
            .is_err()
        {
            return Err(Close::Flood);
        }
        match message {
            Message::Text(text) if text.len() > self.frame_bytes => Err(Close::TooBig),
            Message::Binary(bytes) if bytes.len() > self.frame_bytes => Err(Close::TooBig),
            Message::Text(text) => match Incoming::parse(&text) {
                Ok(Incoming::Text(text)) => self.say(*text).await,
                Ok(Incoming::Stop) => self.stop().await,
                Ok(Incoming::KeepAlive) => Ok(()),
                Err(rejected) => self.reject(rejected).await,
            },
            Message::Binary(_) => {
                let message = "Frames are JSON in text messages, not in binary ones";
                self.reject(Rejected {
                    code: "INVALID_FRAME",
                    message,
                    details: Object::new(),
                })
                .await
            }
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(Close::Gone),
        }
    }

    async fn say(&self, text: IncomingText) -> Result<(), Close> {
        let client_id = text.client_id.clone();
        let new = NewText {
            content: text.content,
            sender: text.sender,
            receiver: text.receiver,
            client_id: text.client_id,
            structured: text.structured,
            metadata: text.metadata,
            origin: Some(self.connection.clone()),
        };
        match dialogue::say(self.caller, self.app, self.session, new).await {
            // A text that is new is acknowledged by the writing loop, in its place among the events.
            Ok(said) if !said.repeated => Ok(()),
            Ok(said) => match client_id {
                Some(id) => {
                    let behind = said.position.no;
                    let frame = frames::ack_frame(&id, behind, self.app.ports.now());
                    self.send(Reply::behind(&frame, behind)).await
                }
                None => Ok(()),
            },
            Err(error) => self.refuse(&error, client_id).await,
        }
    }

    async fn stop(&self) -> Result<(), Close> {
        match dialogue::stop(self.caller, self.app, self.session).await {
            Ok(_) => Ok(()),
            Err(error) => self.refuse(&error, None).await,
        }
    }

    /// Tells the client that a text or a stop was not taken.
    async fn refuse(&self, error: &Error, client_id: Option<String>) -> Result<(), Close> {
        let mut details = Object::new();
        details.extend(client_id.map(|id| ("client_id".to_owned(), json!(id))));
        let mut retry_after = None;
        let (code, message) = match error {
            Error::Conflict(_) => return Err(Close::SessionOver),
            Error::Forbidden(_) | Error::Unauthenticated(_) => return Err(Close::NotAllowed),
            Error::RateLimited { retry_after: wait } => {
                let seconds = wait.as_micros().div_ceil(1_000_000);
                retry_after = u64::try_from(seconds).ok();
                details.insert("retry_after".to_owned(), json!(retry_after));
                (
                    "RATE_LIMITED",
                    "Too many texts; this one was dropped".to_owned(),
                )
            }
            Error::QuotaExceeded(message) => ("MESSAGE_LIMIT", message.clone()),
            Error::Unavailable => (
                "UNAVAILABLE",
                "The server is busy; send the text again shortly".to_owned(),
            ),
            other => {
                tracing::error!(session = %self.session.id, error = ?other, "a text could not be stored");
                (
                    "INTERNAL_ERROR",
                    "The text could not be stored; send it again".to_owned(),
                )
            }
        };
        let mut frame = frames::error_frame(code, &message, details, self.app.ports.now());
        frame
            .metadata
            .extend(retry_after.map(|seconds| ("retry_after".to_owned(), json!(seconds))));
        self.reply(&frame).await
    }

    async fn reject(&self, rejected: Rejected) -> Result<(), Close> {
        let Rejected {
            code,
            message,
            details,
        } = rejected;
        self.reply(&frames::error_frame(
            code,
            message,
            details,
            self.app.ports.now(),
        ))
        .await
    }

    async fn reply(&self, frame: &Frame) -> Result<(), Close> {
        self.send(Reply::at_once(frame)).await
    }

    /// Hands a reply to the writing loop. When that is behind, reading waits: who does not read is
    /// not read from.
    async fn send(&self, reply: Reply) -> Result<(), Close> {
        let reply = Box::new(reply);
        self.replies.send(reply).await.map_err(|_| Close::Gone)
    }
}

/// A message beyond the hard limit, or a connection that broke.
fn why_broken(error: &axum::Error) -> Close {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("too long") || error.to_string().contains("too large") {
            return Close::TooBig;
        }
        cause = error.source();
    }
    Close::Gone
}
