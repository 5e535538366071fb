//! What agents answer, and the templates of those who own them.

use super::first_line;
use serde_json::{Value, json};
use switchboard_domain::{Timestamp, nouns::Object};
use switchboard_outbound::{WebhookRequest, parse_answer, parse_registration, parse_step, webhook};

/// No line of a log is longer, in characters.
const LONGEST_LOG: usize = 10_000;
/// No template makes more, in bytes.
const LONGEST_TEXT: usize = 1 << 20;
/// What nobody may see who did not know it.
const SECRET: &str = "secret-of-the-webhook";

/// The input is what a remote agent answers, or another server of the Agent Protocol. What is taken of it can be stored, and read again.
pub fn answers(data: &[u8]) {
    if let Ok(outcome) = parse_answer(data) {
        for line in outcome.logs.iter().chain(&outcome.errors) {
            assert!(line.chars().count() <= LONGEST_LOG && !line.contains('\0'));
        }
        outcome
            .messages
            .iter()
            .chain(&outcome.memory)
            .for_each(is_storable);
    }
    if let Ok(registration) = parse_registration(data) {
        assert!(
            registration
                .name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
        );
        assert!(
            registration
                .name
                .starts_with(|c: char| c.is_ascii_uppercase())
        );
        is_storable(&registration.default_options);
    }
    if let Ok(step) = parse_step(data) {
        step.functions
            .iter()
            .chain([&step.additional_output])
            .for_each(is_storable);
        let files = step.artifacts.iter().map(|file| &file.id);
        for id in files.chain([&step.id]) {
            assert!(!id.is_empty() && id != "." && id != ".." && !id.contains(char::is_control));
        }
    }
}

fn is_storable(object: &Object) {
    let wrapped = json!([[[[[[[[[[object]]]]]]]]]]).to_string();
    assert!(!holds_nul(&Value::Object(object.clone())), "{wrapped}");
    let read = serde_json::from_str::<Value>(&wrapped);
    assert!(read.is_ok(), "what is stored can be read");
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(holds_nul),
        Value::Object(object) => {
            let mut members = object.iter();
            members.any(|(name, value)| name.contains('\0') || holds_nul(value))
        }
        _ => false,
    }
}

/// The input is a path, and below it a template that the answer of a webhook is made by.
pub fn templates(data: &[u8]) {
    let (path, template) = first_line(data);
    let (Ok(path), Ok(template)) = (str::from_utf8(path), str::from_utf8(template)) else {
        return;
    };
    let options = object(json!({
        "secret": SECRET, "payload_path": path, "response": template, "response_headers": {"x-made": template},
    }));
    let params = object(json!({
        "text": "Hello, <b>you</b>", "n": 7, "f": -1.5, "yes": true, "nil": null, "date": "2026-11-21T12:45:34-08:00",
        "list": ["b", "a", {"name": "c", "list": [1, 2]}], "deep": {"er": {"est": "x y"}},
    }));
    let request = WebhookRequest {
        secret: SECRET,
        method: "POST",
        params,
    };
    let answer = webhook(
        &options,
        request,
        Timestamp::from_micros(1_767_225_600_000_000),
    );
    assert!([201, 500].contains(&answer.status), "{}", answer.status);
    assert!(answer.body.len() <= LONGEST_TEXT);
    // Its own words may come back to whoever wrote them.
    let is_known = path.contains(SECRET) || template.contains(SECRET);
    assert!(is_known || !answer.body.contains(SECRET));
    assert!(answer.status == 201 || answer.messages.is_empty());
    for (_, value) in &answer.headers {
        assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}
