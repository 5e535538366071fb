//! Agents behind another server of the Agent Protocol, as that server sees them.

use crate::raw::{Answer, Raw, Request, Then};
use crate::remote::{check, object, receive};
use crate::{Pieces, call, reply};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use switchboard_domain::ids::{StepId, TaskId};
use switchboard_domain::nouns::{
    Call, Delegation, History, Message, NewContent, Outcome, StepCall, Turn, TurnRole, Why,
};
use switchboard_domain::ports::{AgentRuntime, CallError, Clock};
use switchboard_outbound::{Outgoing, PeerConfig, PeerRuntime};
use switchboard_testkit::clock::TestClock;

/// Made once: it reads the root certificates.
static OUTGOING: LazyLock<Outgoing> = LazyLock::new(|| Outgoing::new(Vec::new()).unwrap());

/// Asks the agent at this address, while time flies.
async fn ask(url: &str, call: Call) -> Result<Outcome, CallError> {
    let clock = TestClock::new();
    let port: Arc<dyn Clock> = Arc::new(clock.clone());
    let config = PeerConfig {
        id: "far".into(),
        name: "Far".into(),
        base_url: url.into(),
        token: Some("s3cr3t-token".into()),
    };
    let peer = PeerRuntime::new(config, &OUTGOING, &port).unwrap();
    let call = Call {
        delegation: Delegation::default().passed_on_by("here"),
        ..call
    };
    let pieces = Pieces::default();
    let flies = async {
        loop {
            clock.advance(Duration::from_millis(20));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = peer.call(&call, &pieces) => answer,
        () = flies => unreachable!(),
    }
}

/// A server that answers a new task with `t1`, and its steps with this.
async fn server(step: Value) -> Raw {
    Raw::by(move |request| {
        if request.line.contains("/steps") {
            Answer::ok(step.to_string())
        } else {
            Answer::ok(json!({"task_id": "t1", "artifacts": []}).to_string())
        }
    })
    .await
}

fn done(output: &str) -> Value {
    json!({"step_id": "s1", "task_id": "t1", "status": "completed", "output": output, "is_last": false})
}

/// A step of a task with these words of its own.
fn step(input: &str) -> Call {
    let task: TaskId = "task_0190a0b1c2d3e4f5a6b7c8d9e0f10203".parse().unwrap();
    let why = Why::Step(StepCall {
        step: StepId {
            task: task.clone(),
            no: 2,
        },
        task,
        input: Some(input.into()),
        additional_input: object(json!({"k": 1})),
        is_by_itself: false,
        message: Message::default(),
    });
    Call {
        why,
        ..call("agent", "")
    }
}

fn lines(seen: &[Request]) -> Vec<&str> {
    seen.iter().map(|request| request.line.as_str()).collect()
}

const NEW: &str = "POST /agent/ap/v1/agent/tasks HTTP/1.1";
const STEP: &str = "POST /agent/ap/v1/agent/tasks/t1/steps HTTP/1.1";

#[tokio::test]
async fn a_conversation_is_a_task_over_there() {
    let far = server(done("hi ann")).await;
    let mut first = call("agent", "hello");
    first.instructions = Some("Be kind.".into());
    first.history = History::from(vec![Turn {
        role: TurnRole::Own,
        content: "welcome".into(),
    }]);
    let outcome = ask(&far.url, first).await.unwrap();
    assert_eq!(reply(&outcome), "hi ann");
    let memory = outcome.memory.unwrap();
    assert_eq!(memory, object(json!({"task_id": "t1"})));
    let mut second = call("agent", "more");
    second.memory = memory;
    ask(&far.url, second).await.unwrap();
    let seen = far.seen();
    assert_eq!(lines(&seen), [NEW, STEP, STEP]);
    assert_eq!(
        seen[0].json(),
        json!({"input": "hello", "additional_input": {
            "instructions": "Be kind.", "history": [{"role": "assistant", "content": "welcome"}],
        }})
    );
    assert_eq!(
        seen[1].json(),
        json!({"input": "hello", "additional_input": {}})
    );
    assert_eq!(seen[2].json()["input"], "more");
    for request in &seen {
        assert_eq!(request.header("authorization"), Some("Bearer s3cr3t-token"));
        assert_eq!(request.header("idempotency-key"), Some("here/d1"));
        assert_eq!(request.header("x-delegation-depth"), Some("1"));
        assert_eq!(request.header("x-delegation-via"), Some("here"));
    }
}

#[tokio::test]
async fn the_last_step_ends_the_task() {
    let mut last = done("bye");
    last["is_last"] = true.into();
    let far = server(last).await;
    let outcome = ask(&far.url, call("agent", "x")).await.unwrap();
    assert_eq!(outcome.memory, Some(object(json!({}))));
    // One answer does not end a dialogue: that is for those who talk to say.
    assert!(!outcome.done);
    let outcome = ask(&far.url, step("x")).await.unwrap();
    assert!(outcome.done && !outcome.goes_on);
}

#[tokio::test]
async fn a_step_has_all_that_theirs_has() {
    let far = server(json!({
        "step_id": "s1", "status": "completed", "output": "made it", "is_last": false, "name": "Make",
        "additional_output": {"tokens": 7, "usage": {"input_tokens": 1, "output_tokens": 2}},
        "functions": [{"id": "act_1"}],
        "artifacts": [{"artifact_id": "a/1", "agent_created": true, "file_name": "f", "relative_path": "p"}],
    }))
    .await;
    let outcome = ask(&far.url, step("make it")).await.unwrap();
    assert!(outcome.goes_on && !outcome.done);
    assert_eq!(
        (reply(&outcome), outcome.name.as_deref()),
        ("made it", Some("Make"))
    );
    assert_eq!(outcome.usage.unwrap().total(), 3);
    assert_eq!(outcome.additional_output["tokens"], 7);
    assert_eq!(
        outcome.additional_output["functions"],
        json!([{"id": "act_1"}])
    );
    let body = json!({"input": "make it", "additional_input": {"k": 1}});
    assert_eq!(
        (far.seen()[0].json(), far.seen()[1].json()),
        (body.clone(), body)
    );
    let file = &outcome.artifacts[0];
    assert_eq!(
        (file.file_name.as_str(), file.relative_path.as_deref()),
        ("f", Some("p"))
    );
    let NewContent::Elsewhere(source) = &file.content else {
        panic!("{file:?}")
    };
    source.0.open().await.ok();
    let asked = far.seen().pop().unwrap();
    assert_eq!(
        asked.line,
        "GET /agent/ap/v1/agent/tasks/t1/artifacts/a%2F1 HTTP/1.1"
    );
    assert_eq!(asked.header("authorization"), Some("Bearer s3cr3t-token"));
}

#[tokio::test]
async fn a_workflow_emits_what_the_step_gives() {
    let far = server(json!({
        "step_id": "s1", "status": "completed", "output": "found", "additional_output": {"n": 1},
        "artifacts": [{"artifact_id": "a", "agent_created": true, "file_name": "f"}],
    }))
    .await;
    let outcome = ask(&far.url, receive(json!({"text": "seek", "k": 2})))
        .await
        .unwrap();
    let url = format!("{}/ap/v1/agent/tasks/t1/artifacts/a", far.url);
    let emitted = json!({
        "message": "found", "additional_output": {"n": 1}, "is_last": false,
        "artifacts": [{"file_name": "f", "relative_path": null, "url": url}],
    });
    assert_eq!(outcome.messages, [object(emitted)]);
    let body = json!({"input": "seek", "additional_input": {"text": "seek", "k": 2}});
    assert_eq!(far.seen()[1].json(), body);
    let silent = server(json!({"step_id": "s1", "status": "completed"})).await;
    assert!(ask(&silent.url, check()).await.unwrap().messages.is_empty());
    assert_eq!(silent.seen()[1].json()["input"], Value::Null);
}

#[tokio::test]
async fn a_step_that_is_not_done_is_waited_for() {
    let asked = AtomicUsize::new(0);
    let far = Raw::by(move |request| {
        let mut step = done("at last");
        if request.line.contains("/steps/s1") {
            if asked.fetch_add(1, Ordering::SeqCst) < 2 {
                step["status"] = "running".into();
            }
        } else if request.line.contains("/steps") {
            step["status"] = "created".into();
        }
        step["task_id"] = "t1".into();
        Answer::ok(step.to_string())
    })
    .await;
    let outcome = ask(&far.url, call("agent", "x")).await.unwrap();
    assert_eq!(reply(&outcome), "at last");
    assert_eq!(far.seen().len(), 5);
}

#[tokio::test]
async fn a_task_that_was_lost_is_begun_anew() {
    // Some servers call it a fault of theirs.
    for status in ["404 Not Found", "500 Internal Server Error", "409 Conflict"] {
        let far = Raw::by(move |request| {
            if request.line.contains("/tasks/old") {
                Answer::with(status, r#"{"message":"no such task"}"#)
            } else if request.line.contains("/steps") {
                Answer::ok(done("here again").to_string())
            } else {
                Answer::ok(r#"{"task_id":"t1"}"#)
            }
        })
        .await;
        let mut call = call("agent", "x");
        call.memory = object(json!({"task_id": "old"}));
        let outcome = ask(&far.url, call).await.unwrap();
        assert_eq!(reply(&outcome), "here again");
        let log = &outcome.logs[0];
        assert!(log.contains("does not go on with its task old"), "{log}");
        assert_eq!(outcome.memory, Some(object(json!({"task_id": "t1"}))));
    }
}

#[tokio::test]
async fn a_fault_loses_no_task() {
    let far = Raw::by(|request| {
        if request.line.contains("/steps") {
            Answer::with("500 Internal Server Error", "")
        } else {
            Answer::ok(r#"{"task_id":"old"}"#)
        }
    })
    .await;
    let mut call = call("agent", "x");
    call.memory = object(json!({"task_id": "old"}));
    let error = ask(&far.url, call).await.unwrap_err();
    assert!(matches!(error, CallError::Transient { .. }), "{error}");
    assert!(far.seen().iter().all(|it| it.line.contains("/tasks/old")));
}

#[tokio::test]
async fn a_server_that_breaks_off_is_asked_again_with_the_same_key() {
    let asked = AtomicUsize::new(0);
    let far = Raw::by(move |request| {
        if !request.line.contains("/steps") {
            return Answer::ok(r#"{"task_id":"t1"}"#);
        }
        match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Answer::raw(
                "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
                Then::Close,
            ),
            1 => Answer::with("503 Service Unavailable", ""),
            _ => Answer::ok(done("whole").to_string()),
        }
    })
    .await;
    let outcome = ask(&far.url, call("agent", "x")).await.unwrap();
    assert_eq!(reply(&outcome), "whole");
    let seen = far.seen();
    assert_eq!(lines(&seen), [NEW, STEP, STEP, STEP]);
    assert!(
        seen.iter()
            .all(|it| it.header("idempotency-key") == Some("here/d1"))
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_and_no_token_with_it() {
    let secret = "{\"error\": \"s3cr3t-token is not mine\"}";
    for (status, is_transient, words) in [
        ("401 Unauthorized", false, "does not let this one in"),
        ("403 Forbidden", false, "give it a token"),
        ("404 Not Found", false, "base URL"),
        ("409 Conflict", true, "refused the call (409)"),
        ("422 Unprocessable", false, "It begins: "),
        ("429 Too Many", true, "refused the call (429)"),
        ("500 Oops", true, "refused the call (500)"),
        ("503 Busy", true, "refused the call (503)"),
        ("508 Loop Detected", false, "delegation-loop"),
        ("302 Found", false, "redirect"),
    ] {
        let far = Raw::start(Answer::with(status, secret)).await;
        let error = ask(&far.url, call("agent", "x")).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(words) && !text.contains("s3cr3t"),
            "{status}: {text}"
        );
        let transient = matches!(error, CallError::Transient { .. });
        assert_eq!(transient, is_transient, "{status}: {text}");
    }
}

#[tokio::test]
async fn no_answer_of_another_form_counts() {
    let huge = format!("{{\"task_id\": \"{}\"}}", "x".repeat(9 << 20));
    for (body, words) in [
        ("[]", "no JSON object"),
        ("<html>s3cr3t-token", "not JSON"),
        ("", "it is empty"),
        (r#"{"task_id": 7}"#, "`task_id` is not"),
        (r#"{"task_id": "t1", "status": "done"}"#, "`status` is not"),
        (&*huge, "larger than 8 MiB"),
    ] {
        let far = Raw::start(Answer::ok(body)).await;
        let error = ask(&far.url, call("agent", "x"))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(words) && !error.contains("s3cr3t"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn who_went_too_far_goes_no_further() {
    let far = server(done("never")).await;
    let mut delegation = Delegation::default();
    for _ in 0..8 {
        delegation = delegation.passed_on_by("x");
    }
    let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
    let config = PeerConfig {
        id: "far".into(),
        name: "Far".into(),
        base_url: far.url.clone(),
        token: None,
    };
    let peer = PeerRuntime::new(config, &OUTGOING, &clock).unwrap();
    let call = Call {
        delegation: delegation.passed_on_by("here"),
        ..call("agent", "x")
    };
    let error = peer.call(&call, &Pieces::default()).await.unwrap_err();
    assert!(error.to_string().contains("delegation-loop"), "{error}");
    assert!(far.seen().is_empty());
}
