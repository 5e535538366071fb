//! The writing loop: what happens in the session, and replies to the client's own frames.

use super::close::Close;
use crate::chat::frames::{self, Frame};
use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use futures::{Sink, SinkExt};
use std::sync::Arc;
use switchboard_core::{FollowError, Follower, Live, Shared, Switchboard};
use switchboard_domain::{
    ids::ConnectionId,
    nouns::{Event, Notice, Session, StopReason},
};
use tokio::sync::mpsc::Receiver;

/// How often a sign of life is sent, in seconds.
const PING_S: i64 = 30;
/// How long a client may leave a frame unread before it is sent away, in seconds.
const WRITE_S: i64 = 30;
/// The most frames that are written before they are flushed.
const TOGETHER: usize = 128;

/// The writing half of a connection.
pub struct Outbound<'a> {
    pub app: &'a Arc<Switchboard>,
    pub session: &'a Session,
    pub connection: &'a ConnectionId,
    pub follower: &'a mut Follower,
    /// Whether pieces of answers are wanted.
    pub pieces: bool,
    pub replies: Receiver<Box<Reply>>,
    /// A reply whose turn has not come.
    pub held: Option<Box<Reply>>,
}

/// A reply to a frame of the client's own. It is handed on in a box: every connection keeps room for some of these.
pub struct Reply {
    /// The frame as it is sent.
    frame: Bytes,
    /// It is sent once the event with this number was: the acknowledgement of a text that was said
    /// before must not overtake the replay.
    behind: i64,
}

impl Reply {
    /// A reply that is sent behind the event with this number.
    pub fn behind(frame: &Frame, behind: i64) -> Self {
        Self {
            frame: frame.to_bytes(),
            behind,
        }
    }

    /// A reply that is sent at once.
    pub fn at_once(frame: &Frame) -> Self {
        Self::behind(frame, 0)
    }
}

/// What to send next.
enum Next {
    Live(Live),
    Reply(Bytes),
    Ping,
}

impl Outbound<'_> {
    /// Writes until the connection has to close. Frames that are ready are written together and
    /// flushed once.
    pub async fn run<S: Sink<Message> + Unpin>(mut self, sink: &mut S) -> Close {
        let mut ping_at = self.app.ports.now();
        let mut ping_due = self.app.ports.clock.sleep_until(ping_at);
        loop {
            let next = if let Some(reply) = self.reply_in_turn() {
                Ok(reply)
            } else {
                tokio::select! {
                    biased;
                    () = &mut ping_due => Ok(Next::Ping),
                    Some(reply) = self.replies.recv(), if self.held.is_none() => {
                        self.held = Some(reply);
                        continue;
                    }
                    live = self.follower.next() => live.map(Next::Live),
                }
            };
            if matches!(next, Ok(Next::Ping)) {
                ping_at = self.app.ports.now().plus_seconds(PING_S);
                ping_due = self.app.ports.clock.sleep_until(ping_at);
            }
            if let Err(close) = self.write(next, sink).await {
                return close;
            }
        }
    }

    /// Feeds what is next and everything that is ready behind it, then flushes.
    async fn write<S: Sink<Message> + Unpin>(
        &mut self,
        first: Result<Next, FollowError>,
        sink: &mut S,
    ) -> Result<(), Close> {
        let mut next = Some(first);
        let mut close = None;
        let mut room = TOGETHER;
        while let Some(item) = next.take() {
            close = match item {
                Ok(item) => self.feed(item, sink).await?,
                Err(FollowError::SlowConsumer) => Some(Close::SlowConsumer),
                Err(FollowError::GoingDown) => Some(Close::GoingDown),
                Err(FollowError::Failed(error)) => {
                    tracing::error!(session = %self.session.id, ?error, "a session cannot be followed");
                    Some(Close::Internal)
                }
            };
            room -= 1;
            if close.is_none() && room > 0 {
                next = self.ready();
            }
        }
        self.in_time(sink.flush()).await?;
        close.map_or(Ok(()), Err)
    }

    /// What can be written without waiting.
    fn ready(&mut self) -> Option<Result<Next, FollowError>> {
        if self.held.is_none() {
            self.held = self.replies.try_recv().ok();
        }
        self.reply_in_turn().map(Ok).or_else(|| {
            let live = self.follower.try_next()?;
            Some(live.map(Next::Live))
        })
    }

    /// The reply that is held, once what it has to stand behind was sent.
    fn reply_in_turn(&mut self) -> Option<Next> {
        let cursor = self.follower.cursor();
        let reply = self.held.take_if(|reply| reply.behind <= cursor)?;
        Some(Next::Reply(reply.frame))
    }

    /// Waits for the client to take something. It is given the time anew for each frame: who reads
    /// slowly may stay, who does not read may not.
    async fn in_time<E>(&self, taken: impl Future<Output = Result<(), E>>) -> Result<(), Close> {
        let ports = &self.app.ports;
        let limit = ports.clock.sleep_until(ports.now().plus_seconds(WRITE_S));
        tokio::select! {
            biased;
            taken = taken => taken.map_err(|_| Close::Gone),
            () = limit => Err(Close::SlowConsumer),
        }
    }

    /// Feeds one thing; answers with the close that it leads to, if it does.
    async fn feed<S: Sink<Message> + Unpin>(
        &self,
        next: Next,
        sink: &mut S,
    ) -> Result<Option<Close>, Close> {
        let (message, close) = match next {
            Next::Ping => {
                let ping = frames::ping_frame(self.app.ports.now());
                self.in_time(sink.feed(Message::Ping(Bytes::new()))).await?;
                (Some(text(ping.to_bytes())), None)
            }
            Next::Reply(frame) => (Some(text(frame)), None),
            Next::Live(Live::Delta(delta)) => {
                let piece = || text(frames::delta_frame(&delta, self.app.ports.now()).to_bytes());
                (self.pieces.then(piece), None)
            }
            Next::Live(Live::Event(event)) => (self.event(&event), closes(&event.recorded.event)),
        };
        if let Some(message) = message {
            self.in_time(sink.feed(message)).await?;
        }
        Ok(close)
    }

    /// An event as this client sees it: its own texts come back as acknowledgements, where it asked
    /// for them.
    fn event(&self, event: &Shared) -> Option<Message> {
        let recorded = &event.recorded;
        if let Event::Text(said) = &recorded.event
            && said.origin.as_ref() == Some(self.connection)
        {
            let id = said.client_id.as_ref()?;
            let ack = frames::ack_frame(id, recorded.position.no, recorded.position.at);
            return Some(text(ack.to_bytes()));
        }
        let wire = event.wire(|recorded| {
            frames::frame(self.session, recorded)
                .map(|frame| frame.to_bytes())
                .unwrap_or_default()
        });
        (!wire.is_empty()).then(|| text(wire))
    }
}

fn closes(event: &Event) -> Option<Close> {
    match event {
        Event::Stop {
            reason: StopReason::SessionDeleted,
        }
        | Event::System {
            notice: Notice::SessionExpired | Notice::SessionReplaced,
            ..
        } => Some(Close::SessionOver),
        _ => None,
    }
}

/// JSON that we made ourselves is UTF-8; anything else would be a fault of ours, and sends nothing.
fn text(bytes: Bytes) -> Message {
    Message::Text(Utf8Bytes::try_from(bytes).unwrap_or_default())
}
