//! How an answer of a server that speaks chat completions is read.

use crate::fake::{Ending, Fake, Recording, text_of};
use crate::{Pieces, call, reply};
use std::time::Duration;
use switchboard_domain::nouns::{Outcome, Usage};
use switchboard_domain::ports::{AgentRuntime, CallError};
use switchboard_outbound::ProviderKind::{Groq, OpenAi, OpenAiCompatible};

const LOST: &str = "the connection to One was lost before the answer was complete";

async fn played(recording: Recording) -> (Result<Outcome, CallError>, Vec<String>) {
    let fake = Fake::start(recording).await;
    let pieces = Pieces::default();
    let outcome = fake
        .provider(OpenAiCompatible)
        .call(&call("m1", "Hi"), &pieces)
        .await;
    (outcome, pieces.all())
}

fn assert_transient(outcome: Result<Outcome, CallError>, wanted: &str) {
    match outcome {
        Err(CallError::Transient {
            message,
            retry_after: None,
        }) => assert_eq!(message, wanted),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn text_comes_piece_by_piece_and_whole() {
    let (outcome, pieces) = played(Recording::file("openai_hello.sse")).await;
    let outcome = outcome.unwrap();
    assert_eq!(pieces, ["Grüße", " to", " you\n"]);
    assert_eq!(reply(&outcome), "Grüße to you\n");
    assert_eq!(
        outcome.usage,
        Some(Usage {
            input_tokens: 19,
            output_tokens: 5
        })
    );
    assert!(!outcome.done && outcome.actions.is_empty() && outcome.errors.is_empty());
}

#[tokio::test]
async fn lines_may_end_in_carriage_returns() {
    let text = text_of("openai_hello.sse").replace('\n', "\r\n");
    let (outcome, _) = played(Recording::of(&text)).await;
    assert_eq!(reply(&outcome.unwrap()), "Grüße to you\n");
}

#[tokio::test]
async fn usage_may_be_missing() {
    let (outcome, _) = played(Recording::file("openai_no_usage.sse")).await;
    let outcome = outcome.unwrap();
    assert_eq!((reply(&outcome), outcome.usage), ("Hello", None));
}

#[tokio::test]
async fn groq_has_its_usage_elsewhere_and_its_thoughts_are_not_said() {
    let fake = Fake::start(Recording::file("groq_hello.sse")).await;
    let pieces = Pieces::default();
    let outcome = fake
        .provider(Groq)
        .call(&call("m1", "Hi"), &pieces)
        .await
        .unwrap();
    assert_eq!((reply(&outcome), pieces.all().len()), ("Hello World", 2));
    assert_eq!(
        outcome.usage,
        Some(Usage {
            input_tokens: 38,
            output_tokens: 4
        })
    );
}

#[tokio::test]
async fn functions_are_put_together_from_their_pieces() {
    let (outcome, pieces) = played(Recording::file("openai_tool_call.sse")).await;
    let outcome = outcome.unwrap();
    let (first, second) = (&outcome.actions[0], &outcome.actions[1]);
    assert_eq!(
        (&*first.name, &first.arguments["to"]),
        ("send_mail", &"ann".into())
    );
    assert_eq!((&*second.name, second.arguments.len()), ("now", 0));
    assert_eq!(outcome.actions.len(), 2);
    assert!(outcome.replies.is_empty() && pieces.is_empty());
    // The third was never offered.
    assert_eq!(outcome.errors.len(), 1);
    assert!(outcome.errors[0].contains("launch"), "{:?}", outcome.errors);
}

#[tokio::test]
async fn an_answer_cut_short_by_the_limit_says_so() {
    let text = text_of("openai_hello.sse")
        .replace(r#""finish_reason":"stop""#, r#""finish_reason":"length""#);
    let (outcome, _) = played(Recording::of(&text)).await;
    let outcome = outcome.unwrap();
    assert_eq!(reply(&outcome), "Grüße to you\n");
    assert_eq!(
        outcome.logs,
        ["the answer was cut short at the limit of tokens"]
    );
}

#[tokio::test]
async fn a_filtered_answer_without_a_word_is_an_error() {
    let text = text_of("openai_tool_call.sse").replace("tool_calls\"}]", "content_filter\"}]");
    let (outcome, _) = played(Recording::of(&text)).await;
    assert!(
        matches!(outcome, Err(CallError::Permanent { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_is_never_an_answer() {
    let marks = [
        "data: {",
        "Grüße\"},",
        " to\"",
        ": keep",
        " you",
        "\"stop\"",
        "\"choices\":[]",
        "data: [DONE]",
    ];
    for mark in marks {
        let recording = Recording::until("openai_hello.sse", mark, Ending::Cut);
        assert_transient(played(recording).await.0, LOST);
    }
}

#[tokio::test]
async fn a_stream_that_ends_early_is_never_an_answer() {
    // Here the server ends its answer properly, as one does whose model crashed.
    for mark in [" to\"", " you", "\"choices\":[]", "data: [DONE]"] {
        let recording = Recording::until("openai_hello.sse", mark, Ending::Complete);
        assert_transient(played(recording).await.0, LOST);
    }
}

#[tokio::test]
async fn an_end_without_a_reason_is_never_an_answer() {
    let text = text_of("openai_no_usage.sse").replace("\"stop\"", "null");
    assert_transient(played(Recording::of(&text)).await.0, LOST);
}

#[tokio::test]
async fn an_empty_answer_is_never_an_answer() {
    assert_transient(played(Recording::of("")).await.0, LOST);
    assert_transient(played(Recording::of("data: [DONE]\n\n")).await.0, LOST);
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error() {
    let (outcome, pieces) = played(Recording::file("openai_malformed.sse")).await;
    assert_transient(outcome, "One sent an answer that cannot be read");
    assert_eq!(pieces, ["Hel"]);
}

#[tokio::test]
async fn an_error_within_a_stream_is_an_error() {
    let (outcome, _) = played(Recording::file("openai_error.sse")).await;
    let message = "One broke off its answer: The server had an error while processing your \
                   request (key ***)";
    assert_transient(outcome, message);
}

#[tokio::test]
async fn a_slow_first_byte_is_waited_for() {
    let slow = Recording {
        wait: Duration::from_millis(400),
        ..Recording::file("openai_hello.sse")
    };
    assert!(played(slow).await.0.is_ok());
}

#[tokio::test]
async fn dropping_the_call_closes_the_connection() {
    let recording = Recording::until("openai_hello.sse", " to\"", Ending::Silent);
    let fake = Fake::start(recording).await;
    let (provider, pieces) = (fake.provider(OpenAi), Pieces::default());
    let asked = call("m1", "Hi");
    let calling = provider.call(&asked, &pieces);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), calling)
            .await
            .is_err()
    );
    assert_eq!(pieces.all(), ["Grüße"]);
    let closed = tokio::time::timeout(Duration::from_secs(5), fake.closed.notified()).await;
    closed.expect("the server saw the connection close");
}
