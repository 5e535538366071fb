//! From a call to what is sent to a model.

use genai::chat::{ChatMessage, ChatRequest, Tool};
use switchboard_domain::nouns::{Call, Function, Message, Turn, TurnRole, Why};

/// Said to an agent whose schedule is due, since a model answers only what somebody said.
const CHECK: &str = "Your schedule is due: do what your instructions ask of you now.";
/// Stands before a history that the agent itself began, where the other side must begin.
const BEGIN: &str = "(The conversation begins.)";

/// The request; with `alternate` no side speaks twice in a row, and the other side begins.
pub(crate) fn request(call: &Call, alternate: bool) -> ChatRequest {
    let mut turns = turns(call);
    if alternate {
        turns = merged(turns);
    }
    let messages = turns.into_iter().map(|turn| match turn.role {
        TurnRole::Own => ChatMessage::assistant(turn.content),
        TurnRole::Other => ChatMessage::user(turn.content),
    });
    let mut request = ChatRequest::from_messages(messages.collect());
    if let Some(instructions) = call.instructions.as_deref().filter(|text| !blank(text)) {
        request = request.with_system(instructions);
    }
    if !call.functions.is_empty() {
        request = request.with_tools(call.functions.iter().map(tool));
    }
    request
}

/// What was said, and at its end what is to be answered. Providers refuse empty turns.
fn turns(call: &Call) -> Vec<Turn> {
    let asked = match &call.why {
        Why::Message(message) => said(message),
        Why::Step(step) => said(&step.message),
        Why::Receive(received) => received.prompt(),
        Why::Check => CHECK.to_owned(),
    };
    let before = call
        .history
        .iter()
        .filter(|turn| !blank(&turn.content))
        .cloned();
    before
        .chain([Turn {
            role: TurnRole::Other,
            content: asked,
        }])
        .collect()
}

fn merged(turns: Vec<Turn>) -> Vec<Turn> {
    let mut merged: Vec<Turn> = Vec::with_capacity(turns.len() + 1);
    if turns.first().is_some_and(|turn| turn.role == TurnRole::Own) {
        merged.push(Turn {
            role: TurnRole::Other,
            content: BEGIN.to_owned(),
        });
    }
    for turn in turns {
        match merged.last_mut() {
            Some(last) if last.role == turn.role => {
                last.content.push_str("\n\n");
                last.content.push_str(&turn.content);
            }
            _ => merged.push(turn),
        }
    }
    merged
}

/// The text, and the data that travels with it as a JSON block.
fn said(message: &Message) -> String {
    let Some(data) = &message.structured else {
        return message.content.clone();
    };
    let json = serde_json::to_string_pretty(data).unwrap_or_default();
    let gap = if blank(&message.content) { "" } else { "\n\n" };
    format!("{}{gap}```json\n{json}\n```", message.content)
}

fn tool(function: &Function) -> Tool {
    Tool::new(function.name.clone())
        .with_description(function.description.clone())
        .with_schema(function.parameters.clone())
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use TurnRole::{Other, Own};

    fn turns_of(list: &[(TurnRole, &str)]) -> Vec<Turn> {
        list.iter()
            .map(|&(role, text)| Turn {
                role,
                content: text.to_owned(),
            })
            .collect()
    }

    #[test]
    fn sides_alternate_and_the_other_begins() {
        let turns = turns_of(&[(Own, "a"), (Own, "b"), (Other, "c"), (Other, "d")]);
        assert_eq!(
            merged(turns),
            turns_of(&[(Other, BEGIN), (Own, "a\n\nb"), (Other, "c\n\nd")])
        );
        let turns = turns_of(&[(Other, "a"), (Own, "b"), (Other, "c")]);
        assert_eq!(merged(turns.clone()), turns);
    }

    #[test]
    fn data_travels_as_a_json_block() {
        let data = serde_json::json!({"a": 1}).as_object().cloned();
        let mut message = Message {
            content: "look".into(),
            structured: data,
            ..Message::default()
        };
        assert_eq!(said(&message), "look\n\n```json\n{\n  \"a\": 1\n}\n```");
        message.content.clear();
        assert!(said(&message).starts_with("```json"));
    }
}
