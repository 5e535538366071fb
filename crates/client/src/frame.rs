//! A frame that came, read leniently: what is strange in it is as good as not there.

use serde_json::{Map, Value};

/// A frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its type.
    pub kind: String,
    /// What is said; empty where nothing is.
    pub content: String,
    /// Who says it; empty where nobody does.
    pub sender: String,
    metadata: Map<String, Value>,
}

impl Frame {
    /// Reads a frame.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::read(serde_json::from_str(text).ok()?)
    }

    /// Reads a frame that is JSON already.
    pub(crate) fn read(mut value: Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = value["type"].as_str()?.to_owned();
        Some(Self {
            kind,
            content: text(&value["content"]),
            sender: text(&value["sender"]),
            metadata: match value["metadata"].take() {
                Value::Object(metadata) => metadata,
                _ => Map::new(),
            },
        })
    }

    /// Its number, if it stays in the transcript or acknowledges something that does.
    pub fn seq(&self) -> Option<i64> {
        self.number("seq")
    }

    pub(crate) fn text(&self, member: &str) -> Option<&str> {
        self.metadata.get(member)?.as_str()
    }

    pub(crate) fn number(&self, member: &str) -> Option<i64> {
        self.metadata.get(member)?.as_i64()
    }

    /// A number that is not negative, 0 where there is none.
    pub(crate) fn count(&self, member: &str) -> u64 {
        let number = self.metadata.get(member).and_then(Value::as_u64);
        number.unwrap_or_default()
    }

    /// A text within `details`.
    pub(crate) fn detail(&self, member: &str) -> Option<&str> {
        self.metadata.get("details")?.get(member)?.as_str()
    }
}
