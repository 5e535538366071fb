//! One call of a built-in agent: what it was given, and filling templates with it.

use super::options::Options;
use crate::liquid::{self, LiquidError, Scope, Work};
use crate::mapping;
use serde_json::Value;
use std::borrow::Cow;
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::{Call, Object, Outcome, StepCall, Why};
use switchboard_domain::ports::{CallError, Clock};

/// A call of an agent.
pub(super) struct Run<'a> {
    pub(super) call: &'a Call,
    pub(super) clock: &'a dyn Clock,
    /// The message that it receives; none in a check.
    pub(super) message: Option<Input<'a>>,
    /// What templates can name beside the payload.
    around: Object,
    work: Work,
}

/// A message.
pub(super) struct Input<'a> {
    /// Its id; none for what somebody says in a conversation.
    pub(super) id: Option<i64>,
    pub(super) payload: Cow<'a, Object>,
    pub(super) created_at: Timestamp,
}

impl<'a> Run<'a> {
    pub(super) fn of(call: &'a Call, clock: &'a dyn Clock) -> Self {
        let message = match &call.why {
            Why::Receive(received) => Some(Input {
                id: Some(received.id),
                payload: Cow::Borrowed(&received.payload),
                created_at: received.created_at,
            }),
            Why::Message(said) | Why::Step(StepCall { message: said, .. }) => Some(Input {
                id: None,
                payload: Cow::Owned(mapping::payload(said)),
                created_at: clock.now(),
            }),
            Why::Check => None,
        };
        let mut around = Object::new();
        if let Some(message) = &message {
            around.insert("created_at".into(), message.created_at.to_string().into());
            around.insert("message_id".into(), message.id.into());
        }
        Self {
            call,
            clock,
            message,
            around,
            work: Work::default(),
        }
    }

    /// The options as they are written.
    pub(super) fn options(&self) -> Options<'a> {
        Options(&self.call.options)
    }

    /// The payload that it was given; empty in a check.
    pub(super) fn payload(&self) -> Object {
        self.message
            .as_ref()
            .map_or_else(Object::new, |message| message.payload.clone().into_owned())
    }

    /// An option with its templates filled.
    pub(super) fn filled(&self, name: &str) -> Result<Value, CallError> {
        self.fill(self.options().get(name), &[])
    }

    /// A value with its templates filled. What is in `more` comes before the payload.
    pub(super) fn fill(&self, value: &Value, more: &[&Object]) -> Result<Value, CallError> {
        liquid::fill(value, &self.scope(more)).map_err(|error| unfilled(&error))
    }

    fn scope<'s>(&'s self, more: &[&'s Object]) -> Scope<'s> {
        let payload = self.message.as_ref().map(|message| &*message.payload);
        Scope {
            layers: more
                .iter()
                .copied()
                .chain(payload)
                .chain([&self.around])
                .collect(),
            credentials: &self.call.credentials,
            now: self.clock.now(),
            work: &self.work,
        }
    }
}

fn unfilled(error: &LiquidError) -> CallError {
    permanent(format!(
        "a template in the agent's options could not be filled: {error}"
    ))
}

/// Trying again would give the same.
pub(super) fn permanent(message: String) -> CallError {
    CallError::Permanent { message }
}

/// An outcome that emits this.
pub(super) fn emits(payload: Object) -> Outcome {
    Outcome {
        messages: vec![payload],
        ..Outcome::default()
    }
}
