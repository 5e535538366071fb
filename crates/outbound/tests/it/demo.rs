//! The demo as its callers see it.

use crate::{Pieces, call, reply};
use futures::future::BoxFuture;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use switchboard_domain::Timestamp;
use switchboard_domain::nouns::{Call, Outcome, Usage, Why};
use switchboard_domain::ports::{AgentRuntime, CallError, Clock};
use switchboard_outbound::DemoRuntime;

/// Time goes on only where somebody sleeps, and then at once.
#[derive(Default)]
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'static, ()> {
        self.0.fetch_max(deadline.as_micros(), Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

async fn asked(call: Call) -> (Result<Outcome, CallError>, Vec<String>, Duration) {
    let clock = Arc::new(TestClock::default());
    let pieces = Pieces::default();
    let outcome = DemoRuntime::new(clock.clone()).call(&call, &pieces).await;
    let slept = clock.now().since(Timestamp::default());
    (outcome, pieces.all(), slept)
}

async fn script(text: &str) -> (Outcome, Vec<String>, Duration) {
    let (outcome, pieces, slept) = asked(call("script", text)).await;
    (outcome.unwrap(), pieces, slept)
}

#[tokio::test]
async fn echo_answers_with_what_it_was_given() {
    for model in ["", "echo"] {
        let (outcome, pieces, _) = asked(call(model, "one  two\nthree")).await;
        let outcome = outcome.unwrap();
        assert_eq!(reply(&outcome), "one  two\nthree");
        assert_eq!(pieces, ["one  ", "two\n", "three"]);
        assert_eq!(
            outcome.usage,
            Some(Usage {
                input_tokens: 3,
                output_tokens: 3
            })
        );
    }
}

#[tokio::test]
async fn a_script_is_done_line_by_line() {
    let text = "say Hello\nstream 2 abcd\nsay\nanything else\ndelay 1500\nsay end";
    let (outcome, pieces, slept) = script(text).await;
    assert_eq!(reply(&outcome), "Hello\nabcd\n\nanything else\nend");
    assert_eq!(
        pieces,
        ["Hello", "\nab", "cd", "\n", "\nanything else", "\nend"]
    );
    assert_eq!(slept, Duration::from_millis(1500));
    assert_eq!(outcome.usage.unwrap().output_tokens, 5);
    assert!(!outcome.done);
}

#[tokio::test]
async fn exit_ends_the_script_and_the_goal_is_reached() {
    let (outcome, ..) = script("say a\nexit\nsay b").await;
    assert_eq!(reply(&outcome), "a");
    assert!(outcome.done);
}

#[tokio::test]
async fn functions_are_proposed_where_they_are_offered() {
    let (outcome, ..) = script("call send_mail {\"to\": \"ann\"}\ncall now").await;
    assert!(outcome.replies.is_empty());
    assert_eq!(outcome.actions[0].arguments["to"], "ann");
    assert_eq!(
        (
            &*outcome.actions[1].name,
            outcome.actions[1].arguments.len()
        ),
        ("now", 0)
    );
    let (outcome, ..) = script("call launch {}\ncall now [1]").await;
    assert!(outcome.actions.is_empty());
    let said =
        "No function called launch was offered.\nThe arguments of now are not a JSON object.";
    assert_eq!(reply(&outcome), said);
}

#[tokio::test]
async fn tokens_are_reported_as_asked() {
    let (outcome, ..) = script("say a b\ntokens 3000\ntokens 1").await;
    assert_eq!(outcome.usage.unwrap().total(), 3001);
}

#[tokio::test]
async fn failures_are_made_to_order() {
    for text in ["say a\nfail 429", "fail 500"] {
        let (outcome, ..) = asked(call("script", text)).await;
        assert!(
            matches!(outcome, Err(CallError::Transient { .. })),
            "{outcome:?}"
        );
    }
    let never = asked(call("script", "fail timeout"));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), never)
            .await
            .is_err()
    );
    let (outcome, ..) = asked(call("gpt-9", "Hi")).await;
    assert!(
        matches!(outcome, Err(CallError::Permanent { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_a_script_may_ask_for_is_bounded() {
    let (_, _, slept) = script("delay 9999999").await;
    assert_eq!(slept, Duration::from_mins(1));
    let (_, pieces, _) = script(&format!("stream 5000 {}", "a".repeat(4000))).await;
    assert_eq!(pieces.len(), 1000);
    let (outcome, ..) = script(&"x\n".repeat(1001)).await;
    assert_eq!(reply(&outcome).lines().count(), 1000);
    assert_eq!(outcome.logs, ["the script was cut after 1000 lines"]);
}

#[tokio::test]
async fn nobody_said_anything_so_nothing_is_echoed() {
    let (outcome, ..) = asked(Call {
        why: Why::Check,
        ..call("echo", "")
    })
    .await;
    assert_eq!(outcome.unwrap(), Outcome::default());
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

proptest! {
    #[test]
    fn pieces_add_up_to_the_answer(text in any::<String>(), count in 1_usize..50) {
        let (outcome, pieces, _) = now(asked(call("echo", &text)));
        prop_assert_eq!(&outcome.unwrap().replies[0].content, &text);
        prop_assert_eq!(pieces.concat(), text.clone());

        let line: String = text.chars().filter(|c| !c.is_control()).collect();
        let (outcome, pieces, _) = now(script(&format!("say a\nstream {count} {line}")));
        prop_assert_eq!(reply(&outcome), format!("a\n{line}"));
        prop_assert_eq!(pieces.concat(), format!("a\n{line}"));
    }
}
