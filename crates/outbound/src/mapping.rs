//! Agents of workflows in a conversation: what is said to them is a message that they receive, and the
//! messages that they emit are what they answer.

use serde_json::Value;
use switchboard_domain::nouns::{Message, Object, Outcome, Reply, StepCall};

/// The members of a message that may be its text, best first.
const TEXTS: [&str; 4] = ["text", "message", "content", "prompt"];

/// What somebody said, as the payload of a message. Data that travels with it stands beside its text.
pub(crate) fn payload(said: &Message) -> Object {
    let mut payload = said.structured.clone().unwrap_or_default();
    payload.insert("content".into(), said.content.clone().into());
    payload.insert("sender".into(), said.sender.clone().into());
    payload
}

/// A step of a task, as the payload of a message.
pub(crate) fn step_payload(step: &StepCall) -> Object {
    Object::from_iter([
        ("input".to_owned(), step.input.clone().into()),
        (
            "additional_input".to_owned(),
            step.additional_input.clone().into(),
        ),
        ("task_id".to_owned(), step.task.as_str().into()),
        ("step_id".to_owned(), step.step.to_string().into()),
    ])
}

/// The outcome for whoever speaks with the agent: each message is a reply, and one with `"done": true`
/// says that the goal is reached. One with `"is_last": false` says that the agent will go on.
pub(crate) fn spoken(mut outcome: Outcome) -> Outcome {
    for message in std::mem::take(&mut outcome.messages) {
        outcome.done |= message.get("done") == Some(&Value::Bool(true));
        outcome.goes_on |= message.get("is_last") == Some(&Value::Bool(false));
        outcome.done |= message.get("is_last") == Some(&Value::Bool(true));
        outcome.replies.push(Reply {
            content: text(message),
        });
    }
    outcome
}

fn text(message: Object) -> String {
    let text = TEXTS
        .iter()
        .find_map(|name| message.get(*name).and_then(Value::as_str));
    match text {
        Some(text) => text.to_owned(),
        None => Value::Object(message).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        match value {
            Value::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_said_cannot_be_hidden_by_data() {
        let said = Message {
            sender: "ann".into(),
            content: "hi".into(),
            structured: Some(object(json!({"a": 1, "sender": "eve"}))),
        };
        assert_eq!(
            Value::from(payload(&said)),
            json!({"a": 1, "content": "hi", "sender": "ann"})
        );
    }

    #[test]
    fn the_text_of_a_message_is_the_reply() {
        let messages = [
            json!({"content": "c", "message": "m"}),
            json!({"text": 1, "prompt": "p", "done": false}),
            json!({"a": [1]}),
            json!({"text": "t", "done": true}),
        ];
        let outcome = spoken(Outcome {
            messages: messages.map(object).into(),
            ..Outcome::default()
        });
        let replies: Vec<&str> = outcome
            .replies
            .iter()
            .map(|reply| &*reply.content)
            .collect();
        assert_eq!(replies, ["m", "p", r#"{"a":[1]}"#, "t"]);
        assert!(outcome.done && outcome.messages.is_empty());
    }
}
