//! The providers from outside: the demo, and models behind fake servers that play recorded streams.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod actions;
mod builtin;
mod demo;
mod failures;
mod fake;
mod peer;
mod protocols;
mod raw;
mod remote;
mod remote_faults;
mod streams;

use std::sync::{Mutex, PoisonError};
use switchboard_domain::nouns::{Call, Delegation, Function, Message, Outcome, Why};
use switchboard_domain::ports::DeltaSink;

/// Keeps the pieces of an answer.
#[derive(Default)]
pub struct Pieces(Mutex<Vec<String>>);

impl Pieces {
    /// What came so far.
    pub fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl DeltaSink for Pieces {
    fn delta(&self, text: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.to_owned());
    }
}

/// A call with a text to answer, and one function on offer.
pub fn call(model: &str, text: &str) -> Call {
    let message = Message {
        sender: "ann".into(),
        content: text.into(),
        structured: None,
    };
    Call {
        id: "d1".into(),
        attempt: 1,
        why: Why::Message(message),
        model: model.into(),
        instructions: None,
        options: serde_json::Map::new(),
        memory: serde_json::Map::new(),
        history: switchboard_domain::nouns::History::default(),
        credentials: Vec::new(),
        functions: vec![function("send_mail"), function("now")],
        max_output_tokens: None,
        delegation: Delegation::default(),
    }
}

fn function(name: &str) -> Function {
    Function {
        name: name.into(),
        description: "Does it.".into(),
        parameters: serde_json::json!({"type": "object", "properties": {"to": {"type": "string"}}}),
        ..Function::default()
    }
}

/// The one reply.
///
/// # Panics
/// Where there is none, or more.
pub fn reply(outcome: &Outcome) -> &str {
    assert_eq!(outcome.replies.len(), 1, "{outcome:?}");
    &outcome.replies[0].content
}
