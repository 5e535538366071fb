//! What a client may send, and what is wrong with what it sent.

use crate::kit::members::Members;
use serde::Deserialize;
use serde_json::{Value, json};
use switchboard_domain::nouns::Object;

/// The longest `client_id`, `sender` or `receiver`, and the longest wrong type that is repeated, in
/// characters.
const NAME_MAX: usize = 200;
/// How much is told of why a frame could not be read, in characters: it may quote what was sent.
const WHY_MAX: usize = 200;

/// A frame that makes sense.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    /// Something is said.
    Text(Box<IncomingText>),
    /// What runs is to be stopped.
    Stop,
    /// A sign of life.
    KeepAlive,
}

/// Something is said.
#[derive(Debug, PartialEq)]
pub struct IncomingText {
    pub content: String,
    pub sender: Option<String>,
    pub receiver: Option<String>,
    pub client_id: Option<String>,
    pub structured: Option<Object>,
    pub metadata: Object,
}

/// A frame that makes no sense: a code for programs, words for people, and what was found.
#[derive(Debug, PartialEq)]
pub struct Rejected {
    pub code: &'static str,
    pub message: &'static str,
    pub details: Object,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: Option<Value>,
    content: Option<Value>,
    sender: Option<Value>,
    receiver: Option<Value>,
    metadata: Option<Value>,
    structured_data: Option<Value>,
}

impl Incoming {
    /// Reads a text frame.
    pub fn parse(text: &str) -> Result<Self, Rejected> {
        let Members(raw) = serde_json::from_str::<Members<Raw>>(text).map_err(|error| {
            let code = if error.is_data() {
                "INVALID_FRAME"
            } else {
                "INVALID_JSON"
            };
            let why: String = error.to_string().chars().take(WHY_MAX).collect();
            rejected(code, "A frame is a JSON object", json!({ "error": why }))
        })?;
        match raw.kind.as_ref().and_then(Value::as_str) {
            Some("text") => raw.into_text().map(|text| Self::Text(Box::new(text))),
            Some("stop") => Ok(Self::Stop),
            Some("ping" | "pong") => Ok(Self::KeepAlive),
            other => {
                let told = other.filter(|kind| kind.chars().count() <= NAME_MAX);
                let details = told.map_or_else(|| json!({}), |kind| json!({ "type": kind }));
                Err(rejected(
                    "INVALID_TYPE",
                    "A client sends frames of the types text, stop, ping and pong",
                    details,
                ))
            }
        }
    }
}

impl Raw {
    fn into_text(self) -> Result<IncomingText, Rejected> {
        let content = match self.content {
            Some(Value::String(content)) if !content.trim().is_empty() => content,
            _ => {
                return Err(rejected(
                    "MISSING_CONTENT",
                    "A text needs `content`, a text that is not empty",
                    json!({}),
                ));
            }
        };
        let metadata = object("metadata", self.metadata)?.unwrap_or_default();
        Ok(IncomingText {
            content,
            sender: name("sender", self.sender)?,
            receiver: name("receiver", self.receiver)?,
            client_id: name("metadata.client_id", metadata.get("client_id").cloned())?,
            structured: object("structured_data", self.structured_data)?,
            metadata,
        })
    }
}

fn name(member: &str, value: Option<Value>) -> Result<Option<String>, Rejected> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= NAME_MAX => Ok(Some(text)),
        Some(_) => Err(rejected(
            "INVALID_FRAME",
            "This member is a text of at most 200 characters",
            json!({ "member": member }),
        )),
    }
}

fn object(member: &str, value: Option<Value>) -> Result<Option<Object>, Rejected> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(rejected(
            "INVALID_FRAME",
            "This member is an object",
            json!({ "member": member }),
        )),
    }
}

fn rejected(code: &'static str, message: &'static str, details: Value) -> Rejected {
    let details = if let Value::Object(details) = details {
        details
    } else {
        Object::new()
    };
    Rejected {
        code,
        message,
        details,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        Incoming::parse(text).expect_err(text).code
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(code("{"), "INVALID_JSON");
        assert_eq!(code("[1]"), "INVALID_FRAME");
        let list = r#"["text", "hi", null, null, null, null]"#;
        assert_eq!(code(list), "INVALID_FRAME");
        assert_eq!(code("{}"), "INVALID_TYPE");
        assert_eq!(code(r#"{"type":7}"#), "INVALID_TYPE");
        assert_eq!(code(r#"{"type":"shout","content":"x"}"#), "INVALID_TYPE");
        assert_eq!(code(r#"{"type":"text"}"#), "MISSING_CONTENT");
        assert_eq!(code(r#"{"type":"text","content":" "}"#), "MISSING_CONTENT");
        assert_eq!(
            code(r#"{"type":"text","content":{"a":1}}"#),
            "MISSING_CONTENT"
        );
        assert_eq!(
            code(r#"{"type":"text","content":"x","metadata":[]}"#),
            "INVALID_FRAME"
        );
        assert_eq!(
            code(r#"{"type":"text","content":"x","metadata":{"client_id":7}}"#),
            "INVALID_FRAME"
        );
    }

    #[test]
    fn what_was_sent_is_not_repeated_at_length() {
        let long = format!("\"{}\"", "ä".repeat(500_000));
        let rejected = Incoming::parse(&long).unwrap_err();
        let why = rejected.details["error"].as_str().unwrap();
        assert_eq!(why.chars().count(), WHY_MAX);
    }

    #[test]
    fn what_makes_sense_is_read() {
        assert_eq!(
            Incoming::parse(r#"{"type":"pong"}"#),
            Ok(Incoming::KeepAlive)
        );
        assert_eq!(
            Incoming::parse(r#"{"type":"stop","content":null}"#),
            Ok(Incoming::Stop)
        );
        let text =
            r#"{"type":"text","content":"hi","timestamp":"x","metadata":{"client_id":"a","x":1}}"#;
        let Ok(Incoming::Text(text)) = Incoming::parse(text) else {
            panic!()
        };
        assert_eq!(
            (text.content.as_str(), text.client_id.as_deref()),
            ("hi", Some("a"))
        );
    }
}
