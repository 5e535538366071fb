//! What is no workflow file, and what is said about it.

use super::NEWS;
use crate::nouns::workflow_file::{MAX_AGENTS, MAX_BYTES, WorkflowFile};
use serde_json::{Value, json};

/// What is said about the file when the member at this pointer is another; or absent, if null.
fn error_with(pointer: &str, value: Value) -> String {
    let mut file: Value = serde_json::from_str(NEWS).unwrap();
    if value.is_null() {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        file.pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name);
    } else {
        *file.pointer_mut(pointer).unwrap() = value;
    }
    WorkflowFile::parse(&file.to_string())
        .unwrap_err()
        .to_string()
}

/// A pointer to a member, what it is to be (null: absent), and how the error begins.
#[rustfmt::skip] // One case a line.
fn wrong_members() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/schema_version", json!(2), "`schema_version`: must be 1"),
        ("/schema_version", Value::Null, "`schema_version`: is missing"),
        ("/name", json!(""), "`name`: must not be empty"),
        ("/name", json!(7), "`name`: must be a text, and is a number"),
        ("/name", json!("x".repeat(256)), "`name`: has more than 255 characters"),
        ("/guid", Value::Null, "`guid`: is missing"),
        ("/agents", json!({}), "`agents`: must be a list, and is an object"),
        ("/agents/1", json!("x"), "`agents[1]`: must be an object, and is a text"),
        ("/agents/1/type", json!("Shell"), "`agents[1].type`: must be a type such as"),
        ("/agents/1/type", json!("Agents::a"), "`agents[1].type`: must be a type such as"),
        ("/agents/1/guid", json!("0b1c"), "`agents[1].guid`: is also the guid of `agents[0]`"),
        ("/agents/0/options", json!([]), "`agents[0].options`: must be an object, and is a list"),
        ("/agents/0/disabled", json!("no"), "`agents[0].disabled`: must be true or false, and is a text"),
        ("/agents/0/schedule", json!("every_3m"), "`agents[0].schedule`: `every_3m` is no schedule. Write"),
        ("/agents/0/keep_messages_for", json!(-1), "`agents[0].keep_messages_for`: must be a whole number"),
        ("/agents/2/switchboard", json!(1), "`agents[2].switchboard`: must be an object"),
        ("/agents/2/switchboard/time_zone", json!("Mars"), "`agents[2].switchboard.time_zone`: `Mars` is no time zone"),
        ("/agents/2/switchboard/overlap", json!("run"), "`agents[2].switchboard.overlap`: must be `skip` or `queue`"),
        ("/agents/2/switchboard/catch_up", json!("all"), "`agents[2].switchboard.catch_up`: must be `one` or `none`"),
        ("/links/1/receiver", json!(4), "`links[1].receiver`: must be the place of one of the 4 agents"),
        ("/links/1/receiver", json!(1.5), "`links[1].receiver`: must be a whole number"),
        ("/links/0/source", Value::Null, "`links[0].source`: is missing"),
        ("/control_links/0/controller", json!(-1), "`control_links[0].controller`: must be a whole number"),
    ]
}

#[test]
fn the_member_that_is_wrong_is_named() {
    for (pointer, value, what) in wrong_members() {
        let error = error_with(pointer, value);
        assert!(error.starts_with(what), "{pointer}: {error}");
    }
    let file: Value = serde_json::from_str(NEWS).unwrap();
    let agents = vec![file["agents"][0].clone(); MAX_AGENTS + 1];
    assert_eq!(
        error_with("/agents", json!(agents)),
        "`agents`: has 1001 entries, and 1000 are the most"
    );
}

#[test]
fn what_is_no_json_is_told_where() {
    let error = |text: &str| WorkflowFile::parse(text).unwrap_err().to_string();
    assert_eq!(
        error("{\n  \"name\": oops"),
        "the workflow file: is no JSON: expected value at line 2 column 11"
    );
    assert_eq!(
        error("[]"),
        "the workflow file: must be an object, and is a list"
    );
    assert_eq!(
        error(&" ".repeat(MAX_BYTES + 1)),
        "the workflow file: is larger than 8 MiB"
    );
    assert!(error(&"[".repeat(100_000)).contains("recursion limit"));
}
