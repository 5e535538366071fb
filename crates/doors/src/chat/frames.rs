//! What goes over the wire in a conversation: `WebSocketMessage`, rendered from what happened.

use crate::kit::action::ActionBody;
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use switchboard_domain::{
    Timestamp,
    ids::MessageId,
    nouns::{
        Event, FailureCode, Notice, Object, Position, Recorded, Response, Session, SessionKind,
        StopReason, Text,
    },
    ports::Delta,
};

/// Who speaks when the server itself does.
const SERVER: &str = "system";

/// A `WebSocketMessage`. Those that stay in the transcript have `metadata.seq`, a number that grows
/// by one.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = WebSocketMessage)]
pub struct Frame {
    /// What it is.
    #[serde(rename = "type")]
    #[schema(rename = "type", value_type = FrameKind)]
    pub kind: FrameKind,
    /// What is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub content: Option<String>,
    /// Who says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sender: Option<String>,
    /// To whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub receiver: Option<String>,
    /// When: RFC 3339 in UTC with microseconds.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// What else is known about it: `role` and `seq`, and what the kind of frame has besides.
    #[schema(value_type = Object)]
    pub metadata: Object,
}

/// The kinds of frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MessageType)]
pub enum FrameKind {
    /// What a person or a program said.
    Text,
    /// A sign of life.
    Ping,
    /// Something went wrong.
    Error,
    /// An acknowledgement, or a piece of an answer that is being made.
    Info,
    /// The server has something to say.
    System,
    /// What an agent answered.
    Response,
    /// A dialogue, or an answer in the making, ended.
    Stop,
    /// An agent has used up its tokens and goes on later.
    Cooldown,
}

impl Frame {
    fn new(kind: FrameKind, now: Timestamp, metadata: Object) -> Self {
        Self {
            kind,
            content: None,
            sender: None,
            receiver: None,
            timestamp: now.to_string(),
            metadata,
        }
    }

    /// The frame as it is sent.
    pub fn to_bytes(&self) -> Bytes {
        // Serializing fails only for maps whose keys are no texts; there are none.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    fn said(mut self, content: impl Into<String>, sender: &str) -> Self {
        self.content = Some(content.into());
        self.sender = Some(sender.to_owned());
        self
    }

    fn to(mut self, receiver: &str) -> Self {
        self.receiver = Some(receiver.to_owned());
        self
    }
}

/// The frame of something that happened in a session; none for what clients do not see.
pub fn frame(session: &Session, recorded: &Recorded) -> Option<Frame> {
    let frame = any_frame(recorded)?;
    let to_human = session.kind == SessionKind::HumanAgent && frame.receiver.is_none();
    Some(if to_human {
        frame.to(&session.human_id())
    } else {
        frame
    })
}

/// The frame of something that came to an agent outside of sessions; none for what clients do not
/// see. It names the message, and the message that it answers.
pub fn agent_frame(recorded: &Recorded) -> Option<Frame> {
    let (message, answered) = match &recorded.event {
        Event::Text(text) => (Some(&text.message), None),
        Event::Response(response) => (Some(&response.message), response.in_reply_to.as_ref()),
        Event::Failed { in_reply_to, .. } => (None, in_reply_to.as_ref()),
        _ => (None, None),
    };
    let mut frame = any_frame(recorded)?;
    let mut name = |member: &str, id: Option<&MessageId>| {
        frame
            .metadata
            .extend(id.map(|id| (member.to_owned(), id.as_str().into())));
    };
    name("message_id", message);
    name("in_reply_to", answered);
    Some(frame)
}

fn any_frame(recorded: &Recorded) -> Option<Frame> {
    let at = recorded.position;
    Some(match &recorded.event {
        Event::Text(text) => text_frame(text, at),
        Event::Response(response) => response_frame(response, at),
        Event::Stop { reason } => {
            let members = json!({"role": "system", "reason": reason.as_str()});
            persistent(FrameKind::Stop, at, members).said(stop_words(*reason), SERVER)
        }
        Event::System { notice, content } => {
            let members = json!({"role": "system", "notice": notice_name(*notice)});
            persistent(FrameKind::System, at, members).said(content, SERVER)
        }
        Event::Cooldown { agent, until } => {
            let seconds = until.since(at.at).as_micros().div_ceil(1_000_000);
            let remaining = u64::try_from(seconds).unwrap_or(u64::MAX);
            let members =
                json!({"role": "system", "cooldown_remaining": remaining, "agent": agent});
            let words = format!("The agent has used up its tokens and goes on in {remaining} s");
            persistent(FrameKind::Cooldown, at, members).said(words, agent)
        }
        Event::Failed {
            code,
            content,
            agent,
            reply_to,
            ..
        } => {
            let members = json!({
                "role": "system", "code": failure_name(*code), "details": {}, "reply_to": reply_to,
            });
            persistent(FrameKind::Error, at, members).said(content, agent)
        }
        Event::Acted { action } => {
            let body = ActionBody::from(&**action);
            let members = json!({"role": "system", "action": body});
            let words = format!("{} is {}", action.function.name, action.state.as_str());
            persistent(FrameKind::System, at, members).said(&words, SERVER)
        }
        Event::SessionCreated { .. }
        | Event::AccessEnded { .. }
        | Event::TokenEnded { .. }
        | Event::AgentRegistered { .. }
        | Event::Emitted { .. }
        | Event::TaskCreated { .. }
        | Event::TaskNamed { .. }
        | Event::StepAccepted { .. }
        | Event::StepDone { .. }
        | Event::ArtifactAdded { .. }
        | Event::TaskCancelled
        | Event::NotProposed { .. }
        | Event::Trail(_)
        | Event::Logged { .. }
        | Event::UserNumbered { .. }
        | Event::WorkflowMade { .. } => return None,
    })
}

/// A frame that says what went wrong with something that the client sent. It is not stored.
pub fn error_frame(code: &str, message: &str, details: Object, now: Timestamp) -> Frame {
    let mut metadata = object(json!({"role": "system", "code": code}));
    metadata.insert("details".to_owned(), details.into());
    Frame::new(FrameKind::Error, now, metadata).said(message, SERVER)
}

/// A frame that tells one client something in its metadata: an acknowledgement, or a piece of an
/// answer. It is not stored.
pub fn info_frame(metadata: Object, now: Timestamp) -> Frame {
    Frame::new(FrameKind::Info, now, metadata)
}

/// Tells a client that the text which it calls `client_id` is on disk, under this number.
pub fn ack_frame(client_id: &str, seq: i64, now: Timestamp) -> Frame {
    info_frame(object(json!({"ack": client_id, "seq": seq})), now)
}

/// A piece of an answer that is being made. A new attempt voids the pieces of the former one.
pub fn delta_frame(delta: &Delta, now: Timestamp) -> Frame {
    let members = json!({
        "delta": delta.text,
        "index": delta.index,
        "attempt": delta.attempt,
        "reply_to": delta.reply_to,
    });
    Frame {
        sender: Some(delta.agent.clone()),
        ..info_frame(object(members), now)
    }
}

/// A sign of life.
pub fn ping_frame(now: Timestamp) -> Frame {
    Frame::new(FrameKind::Ping, now, Object::new())
}

fn text_frame(text: &Text, at: Position) -> Frame {
    let mut metadata = text.metadata.clone();
    if let Some(data) = &text.structured {
        metadata.insert("structured_data".to_owned(), data.clone().into());
    }
    if let Some(id) = &text.client_id {
        metadata.insert("client_id".to_owned(), id.clone().into());
    }
    // Last, so that no client can pass for somebody else or break the order.
    metadata.insert("role".to_owned(), "user".into());
    metadata.insert("seq".to_owned(), at.no.into());
    Frame::new(FrameKind::Text, at.at, metadata)
        .said(&text.content, &text.sender)
        .to(&text.receiver)
}

fn response_frame(response: &Response, at: Position) -> Frame {
    let mut members = json!({
        "role": "assistant",
        "provider": response.provider,
        "model": response.model,
        "original_type": "response",
        "reply_to": response.reply_to,
    });
    if let Some(tokens) = response.tokens {
        members["token_count"] = tokens.into();
    }
    persistent(FrameKind::Response, at, members)
        .said(&response.content, &response.sender)
        .to(&response.receiver)
}

/// A frame of the transcript: with its number.
fn persistent(kind: FrameKind, at: Position, members: serde_json::Value) -> Frame {
    let mut metadata = object(members);
    metadata.insert("seq".to_owned(), at.no.into());
    Frame::new(kind, at.at, metadata)
}

fn object(value: serde_json::Value) -> Object {
    match value {
        serde_json::Value::Object(object) => object,
        _ => Object::new(),
    }
}

const fn stop_words(reason: StopReason) -> &'static str {
    match reason {
        StopReason::MaxTurnsReached => "The dialogue ended: each agent had all its turns",
        StopReason::GoalAchieved => "The dialogue ended: its goal is achieved",
        StopReason::StoppedByUser => "Stopped",
        StopReason::MessageLimit => "The session holds as many messages as it may",
        StopReason::SessionDeleted => "The session was deleted",
    }
}

const fn notice_name(notice: Notice) -> &'static str {
    match notice {
        Notice::SessionExpired => "session_expired",
        Notice::SessionReplaced => "session_replaced",
        Notice::BudgetReached => "budget_reached",
    }
}

const fn failure_name(code: FailureCode) -> &'static str {
    match code {
        FailureCode::ProcessingTimeout => "PROCESSING_TIMEOUT",
        FailureCode::ProviderError => "PROVIDER_ERROR",
        FailureCode::DeliveryFailed => "DELIVERY_FAILED",
        FailureCode::AgentUnavailable => "AGENT_UNAVAILABLE",
    }
}

#[cfg(test)]
mod tests;
