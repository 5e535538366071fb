//! What each provider is sent, and its own form of a stream.

use crate::fake::{Ending, Fake, KEY, Recording, config};
use crate::{Pieces, call, reply};
use serde_json::{Value, json};
use switchboard_domain::nouns::{Call, Outcome, Turn, TurnRole, Usage, Why};
use switchboard_domain::ports::{AgentRuntime, CallError, NoDeltas};
use switchboard_outbound::ProviderKind::{Anthropic, Google, Ollama, OpenAi, OpenAiCompatible};
use switchboard_outbound::{ModelRuntime, ProviderKind};

/// A history in which both sides speak twice in a row, and the agent began.
fn long_call() -> Call {
    let turn = |role, content: &str| Turn {
        role,
        content: content.into(),
    };
    let (own, other) = (TurnRole::Own, TurnRole::Other);
    let mut call = call("m1", "three");
    call.instructions = Some("Be brief.".into());
    call.history = vec![
        turn(own, "zero"),
        turn(other, "one"),
        turn(other, " "),
        turn(other, "two"),
        turn(own, "yes"),
    ]
    .into();
    call.max_output_tokens = Some(50);
    call
}

async fn outcome(kind: ProviderKind, recording: Recording) -> Result<Outcome, CallError> {
    let fake = Fake::start(recording).await;
    fake.provider(kind).call(&call("m1", "Hi"), &NoDeltas).await
}

async fn assert_lost(kind: ProviderKind, file: &str, mark: &str) {
    for ending in [Ending::Cut, Ending::Complete] {
        let error = outcome(kind, Recording::until(file, mark, ending))
            .await
            .unwrap_err();
        let message = "the connection to One was lost before the answer was complete".into();
        assert_eq!(
            error,
            CallError::Transient {
                message,
                retry_after: None
            }
        );
    }
}

/// Plays a stream that says "Hello there" and calls a function, and gives what was sent.
async fn hello(kind: ProviderKind, file: &str, text: &str, used: (i64, i64)) -> (String, Value) {
    let fake = Fake::start(Recording::file(file)).await;
    let pieces = Pieces::default();
    let outcome = fake
        .provider(kind)
        .call(&long_call(), &pieces)
        .await
        .unwrap();
    assert_eq!(reply(&outcome), text);
    assert_eq!(pieces.all().concat(), text);
    assert_eq!(
        outcome.usage,
        Some(Usage {
            input_tokens: used.0,
            output_tokens: used.1
        })
    );
    assert_eq!(outcome.actions.len(), 1);
    assert_eq!(outcome.actions[0].name, "send_mail");
    assert_eq!(
        Value::Object(outcome.actions[0].arguments.clone()),
        json!({"to": "ann"})
    );
    let seen = fake.seen().remove(0);
    let key = match kind {
        Anthropic => seen.headers["x-api-key"].to_str().unwrap().to_owned(),
        Google => seen.headers["x-goog-api-key"].to_str().unwrap().to_owned(),
        _ => seen.headers["authorization"]
            .to_str()
            .unwrap()
            .replace("Bearer ", ""),
    };
    assert_eq!(key, KEY);
    (seen.path, seen.body)
}

#[tokio::test]
async fn anthropic() {
    let (path, body) = hello(Anthropic, "anthropic_hello.sse", "Hello there", (25, 15)).await;
    assert_eq!(path, "/messages");
    assert_eq!(
        (&body["model"], &body["max_tokens"]),
        (&json!("m1"), &json!(50))
    );
    assert!(body["system"].to_string().contains("Be brief."));
    let roles: Vec<_> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["role"])
        .collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
    assert!(body["messages"][2].to_string().contains(r"one\n\ntwo"));
    assert_eq!(body["tools"][0]["name"], "send_mail");
}

#[tokio::test]
async fn google() {
    let (path, body) = hello(Google, "google_hello.sse", "Hello there.", (4, 3)).await;
    assert_eq!(path, "/models/m1:streamGenerateContent?alt=sse");
    assert_eq!(body["generationConfig"]["maxOutputTokens"], 50);
    let roles: Vec<_> = body["contents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["role"])
        .collect();
    assert_eq!(roles, ["user", "model", "user", "model", "user"]);
    assert!(body.to_string().contains("functionDeclarations"));
}

#[tokio::test]
async fn ollama() {
    let (path, body) = hello(Ollama, "ollama_hello.ndjson", "Hello there", (11, 3)).await;
    assert_eq!(path, "/api/chat");
    assert_eq!(
        (&body["model"], &body["options"]["num_predict"]),
        (&json!("m1"), &json!(50))
    );
    let roles: Vec<_> = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["role"])
        .collect();
    assert_eq!(
        roles,
        ["system", "assistant", "user", "user", "assistant", "user"]
    );
}

#[tokio::test]
async fn ollama_of_an_older_version_gives_no_reason() {
    let outcome = outcome(Ollama, Recording::file("ollama_old.ndjson"))
        .await
        .unwrap();
    assert_eq!(reply(&outcome), "Hello");
}

#[tokio::test]
async fn openai() {
    let fake = Fake::start(Recording::file("openai_hello.sse")).await;
    fake.provider(OpenAi)
        .call(&long_call(), &NoDeltas)
        .await
        .unwrap();
    let seen = fake.seen().remove(0);
    assert_eq!(seen.path, "/chat/completions");
    assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen.body["stream_options"]["include_usage"], true);
    assert_eq!(seen.body["max_tokens"], 50);
    let said: Vec<_> = seen.body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["content"])
        .collect();
    assert_eq!(said, ["Be brief.", "zero", "one", "two", "yes", "three"]);
    assert_eq!(seen.body["tools"][0]["function"]["name"], "send_mail");
}

#[tokio::test]
async fn a_compatible_server_needs_no_key_and_any_name_of_a_model_reaches_it() {
    let fake = Fake::start(Recording::file("openai_hello.sse")).await;
    let mut config = config(OpenAiCompatible, &format!("{}under/v1?version=2", fake.url));
    config.api_key = None;
    let provider = ModelRuntime::new(config).unwrap();
    let names = [
        "claude-x",
        "gemini-y",
        "a::b",
        "ollama::c",
        "mine-high",
        "org/m:latest@1",
        "",
    ];
    for name in names {
        provider.call(&call(name, "Hi"), &NoDeltas).await.unwrap();
    }
    let sent: Vec<_> = fake
        .seen()
        .iter()
        .map(|seen| seen.body["model"].clone())
        .collect();
    assert_eq!(sent[..6], names[..6]);
    assert_eq!(sent[6], "m1", "the default");
    for seen in fake.seen() {
        assert_eq!(seen.path, "/under/v1/chat/completions?version=2");
        assert!(!seen.headers.contains_key("authorization"));
        assert!(seen.body.get("reasoning_effort").is_none());
    }
}

#[tokio::test]
async fn a_due_schedule_is_something_to_answer() {
    let fake = Fake::start(Recording::file("openai_hello.sse")).await;
    let due = Call {
        why: Why::Check,
        ..call("m1", "")
    };
    fake.provider(OpenAi).call(&due, &NoDeltas).await.unwrap();
    assert_eq!(fake.seen()[0].body["messages"][0]["role"], "user");
}

#[tokio::test]
async fn no_protocol_takes_a_part_for_the_whole() {
    assert_lost(
        Anthropic,
        "anthropic_hello.sse",
        "event: content_block_stop",
    )
    .await;
    assert_lost(Anthropic, "anthropic_hello.sse", "event: message_delta").await;
    assert_lost(Anthropic, "anthropic_hello.sse", "event: message_stop").await;
    assert_lost(
        Google,
        "google_hello.sse",
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\".\"",
    )
    .await;
    assert_lost(Google, "google_hello.sse", "\"finishReason\"").await;
    assert_lost(Ollama, "ollama_hello.ndjson", "\"done_reason\"").await;
    assert_lost(
        Ollama,
        "ollama_hello.ndjson",
        "{\"model\":\"gemma3:4b\",\"created_at\":\"2026-11-21T10:00:00.4Z\"",
    )
    .await;
}

#[tokio::test]
async fn an_overloaded_provider_says_so_within_its_stream() {
    let error = outcome(Anthropic, Recording::file("anthropic_overloaded.sse"))
        .await
        .unwrap_err();
    let message = "One broke off its answer: Overloaded".into();
    assert_eq!(
        error,
        CallError::Transient {
            message,
            retry_after: None
        }
    );
}

#[tokio::test]
async fn a_blocked_prompt_is_not_tried_again() {
    let error = outcome(Google, Recording::file("google_blocked.sse"))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Permanent { .. }), "{error:?}");
}
