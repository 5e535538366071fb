//! The frames that only a connection sends, and how a frame becomes bytes.

use crate::chat::frames::{Frame, info_frame};
use bytes::Bytes;
use serde_json::json;
use switchboard_domain::{Timestamp, nouns::Object, ports::Delta};

/// A frame as JSON. A frame that cannot be written would be a fault of ours, and sends nothing.
pub fn to_bytes(frame: &Frame) -> Bytes {
    serde_json::to_vec(frame).map(Bytes::from).unwrap_or_default()
}

/// Tells a client that its text is on disk, under which number.
pub fn ack_frame(client_id: &str, seq: i64, now: Timestamp) -> Frame {
    info_frame(object(json!({ "ack": client_id, "seq": seq })), now)
}

/// A piece of an answer that is being made.
pub fn delta_frame(delta: &Delta, now: Timestamp) -> Frame {
    let metadata = object(json!({
        "delta": delta.text,
        "index": delta.index,
        "attempt": delta.attempt,
        "reply_to": delta.reply_to,
    }));
    Frame { sender: Some(delta.agent.clone()), ..info_frame(metadata, now) }
}

fn object(value: serde_json::Value) -> Object {
    match value {
        serde_json::Value::Object(object) => object,
        _ => Object::new(),
    }
}
