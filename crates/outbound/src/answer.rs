//! From the end of a model's answer to an outcome.

use crate::failure::Failures;
use genai::chat::{StopReason, StreamEnd, ToolCall};
use serde_json::Value;
use switchboard_domain::nouns::{Function, Object, Outcome, ProposedAction, Reply, Usage};
use switchboard_domain::ports::CallError;

/// What is said to whoever asked. Functions alone are an answer; otherwise even silence is one.
pub(crate) fn replies(text: String, actions: &[ProposedAction]) -> Vec<Reply> {
    if text.is_empty() && !actions.is_empty() {
        return Vec::new();
    }
    vec![Reply { content: text }]
}

/// Makes the outcome of an answer that was streamed to its end.
pub(crate) fn outcome(
    text: String,
    end: StreamEnd,
    offered: &[Function],
    failures: &Failures,
) -> Result<Outcome, CallError> {
    let usage = end.captured_usage.as_ref().and_then(usage);
    let mut outcome = Outcome {
        usage,
        ..Outcome::default()
    };
    match end.captured_stop_reason {
        // Ollama tells no reason in its older versions, but its last line has the counts.
        None if usage.is_none() || !failures.may_omit_reason() => return Err(failures.lost()),
        Some(StopReason::ContentFilter(_)) if text.is_empty() => return Err(failures.filtered()),
        Some(StopReason::ContentFilter(_)) => {
            outcome
                .logs
                .push("the answer was cut short by the provider's content filter".into());
        }
        Some(StopReason::MaxTokens(_)) => {
            outcome
                .logs
                .push("the answer was cut short at the limit of tokens".into());
        }
        _ => {}
    }
    for call in end.captured_into_tool_calls().unwrap_or_default() {
        match action(call, offered) {
            Ok(action) => outcome.actions.push(action),
            Err(error) => outcome.errors.push(error),
        }
    }
    outcome.replies = replies(text, &outcome.actions);
    Ok(outcome)
}

fn action(call: ToolCall, offered: &[Function]) -> Result<ProposedAction, String> {
    let name = call.fn_name;
    if !offered.iter().any(|function| function.name == name) {
        return Err(format!(
            "the model asked for the function {name:?}, which was not offered"
        ));
    }
    match arguments(call.fn_arguments) {
        Some(arguments) => Ok(ProposedAction { name, arguments }),
        None => Err(format!(
            "the model called {name} with arguments that are no JSON object"
        )),
    }
}

/// A function without parameters is called with an object, with nothing, or with an empty text.
fn arguments(value: Value) -> Option<Object> {
    match value {
        Value::Object(object) => Some(object),
        Value::Null => Some(Object::new()),
        Value::String(text) if text.trim().is_empty() => Some(Object::new()),
        _ => None,
    }
}

fn usage(usage: &genai::chat::Usage) -> Option<Usage> {
    let (input, output) = (usage.prompt_tokens, usage.completion_tokens);
    (input.is_some() || output.is_some()).then(|| Usage {
        input_tokens: i64::from(input.unwrap_or(0).max(0)),
        output_tokens: i64::from(output.unwrap_or(0).max(0)),
    })
}
