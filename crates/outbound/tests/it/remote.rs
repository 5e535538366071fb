//! Calling remote agents, as they see it.

use crate::call;
use crate::raw::{Answer, Raw};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use switchboard_domain::Timestamp;
use switchboard_domain::ids::{AgentId, StepId, TaskId};
use switchboard_domain::nouns::{
    Call, GrantedCredential, Message, Object, Received, StepCall, Why,
};
use switchboard_domain::ports::{RemoteAgents, RemoteEndpoint};
use switchboard_outbound::{HttpAgents, Outgoing, signature};
use switchboard_testkit::clock::TestClock;

/// Made once: it reads the root certificates. Each test has a server of its own, so they share nothing.
static OUTGOING: LazyLock<Outgoing> = LazyLock::new(|| Outgoing::new(Vec::new()).unwrap());

/// Agents that are called by a clock that stands at 2026-01-01.
pub fn agents() -> HttpAgents {
    HttpAgents::new(OUTGOING.clone(), Arc::new(TestClock::new()))
}

/// The operator's agent at this address.
pub fn endpoint(url: &str) -> RemoteEndpoint {
    RemoteEndpoint {
        url: url.into(),
        secret: None,
        timeout: Duration::from_secs(20),
        is_trusted: true,
    }
}

pub fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

/// A call to receive this payload.
pub fn receive(payload: Value) -> Call {
    let why = Why::Receive(Received {
        id: 142,
        agent: AgentId(7),
        user: 3,
        payload: object(payload),
        created_at: Timestamp::from_micros(1_795_293_934_029_000),
        expires_at: None,
    });
    Call {
        why,
        ..call("Agents::One", "")
    }
}

/// A call because the schedule is due.
pub fn check() -> Call {
    Call {
        why: Why::Check,
        ..call("Agents::One", "")
    }
}

fn credential(name: &str, value: &str) -> GrantedCredential {
    GrantedCredential {
        name: name.into(),
        value: value.into(),
    }
}

#[tokio::test]
async fn a_receive_says_all_of_it() {
    let agent = Raw::start(Answer::result(&json!({"messages": [{"b": 2}]}))).await;
    let mut call = receive(json!({"n": "retry me", "a": [1.5]}));
    call.options = object(json!({"email_credential": "admin_email"}));
    call.memory = object(json!({"runs": 1}));
    call.credentials = vec![credential("admin_email", "x@example.com")];
    let outcome = agents().call(&endpoint(&agent.url), &call).await.unwrap();
    assert_eq!(outcome.messages, [object(json!({"b": 2}))]);
    let seen = &agent.seen()[0];
    assert_eq!(seen.line, "POST /agent HTTP/1.1");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(
        seen.json(),
        json!({"method": "receive", "params": {
            "message": {
                "id": 142, "agent_id": 7, "user_id": 3, "payload": {"n": "retry me", "a": [1.5]},
                "created_at": "2026-11-21T20:45:34.029000Z", "updated_at": "2026-11-21T20:45:34.029000Z",
                "expires_at": null,
            },
            "options": {"email_credential": "admin_email"}, "memory": {"runs": 1},
            "credentials": [{"name": "admin_email", "value": "x@example.com"}],
        }})
    );
}

#[tokio::test]
async fn a_check_has_the_same_members_and_no_message() {
    let agent = Raw::start(Answer::result(&json!({}))).await;
    agents()
        .call(&endpoint(&agent.url), &check())
        .await
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&agent.seen()[0].body),
        r#"{"method":"check","params":{"message":null,"options":{},"memory":{},"credentials":[]}}"#
    );
}

#[tokio::test]
async fn a_message_that_expires_says_when() {
    let agent = Raw::start(Answer::result(&json!({}))).await;
    let mut call = receive(json!({}));
    if let Why::Receive(received) = &mut call.why {
        received.expires_at = Some(received.created_at.plus_seconds(60));
    }
    agents().call(&endpoint(&agent.url), &call).await.unwrap();
    let expires = &agent.seen()[0].json()["params"]["message"]["expires_at"];
    assert_eq!(expires, "2026-11-21T20:46:34.029000Z");
}

#[tokio::test]
async fn registering_asks_with_no_parameters() {
    let agent = Raw::start(Answer::result(&json!({
        "name": "MyAgent", "display_name": "My Agent", "description": "*First*", "default_options": {"a": 1},
    })))
    .await;
    let registration = agents().register(&endpoint(&agent.url)).await.unwrap();
    assert_eq!(registration.name, "MyAgent");
    assert_eq!(registration.default_options, object(json!({"a": 1})));
    let seen = &agent.seen()[0];
    assert_eq!(seen.json(), json!({"method": "register", "params": {}}));
    let wrong = Raw::start(Answer::result(&json!({"name": "my agent"}))).await;
    let error = agents().register(&endpoint(&wrong.url)).await.unwrap_err();
    assert!(
        error.to_string().contains("`name` is not a capital letter"),
        "{error}"
    );
}

#[tokio::test]
async fn neither_status_nor_content_type_matter_where_there_is_a_result() {
    for status in [
        "200 OK",
        "201 Created",
        "400 Bad Request",
        "404 Not Found",
        "500 Oops",
        "503 Busy",
    ] {
        let body = r#"{"result": {"logs": ["done"]}}"#;
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=latin1\r\n");
        let text = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        let agent = Raw::start(Answer::raw(text, crate::raw::Then::Next)).await;
        let outcome = agents()
            .call(&endpoint(&agent.url), &check())
            .await
            .unwrap();
        assert_eq!(outcome.logs, ["done"], "{status}");
    }
}

#[tokio::test]
async fn calls_are_signed_and_keep_their_id() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let agent = Raw::start(Answer::result(&json!({"name": "A"}))).await;
    let endpoint = RemoteEndpoint {
        secret: Some(secret.into()),
        ..endpoint(&agent.url)
    };
    let agents = agents();
    let mut call = receive(json!({"a": "ä"}));
    agents.call(&endpoint, &call).await.unwrap();
    call.attempt = 2;
    agents.call(&endpoint, &call).await.unwrap();
    agents.register(&endpoint).await.unwrap();
    let seen = agent.seen();
    let ids: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("webhook-id").unwrap())
        .collect();
    assert_eq!(ids[..2], ["d1", "d1"]);
    let attempts: Vec<_> = seen
        .iter()
        .map(|seen| seen.header("switchboard-attempt"))
        .collect();
    assert_eq!(attempts[..2], [Some("1"), Some("2")]);
    for (seen, id) in seen.iter().zip(ids) {
        assert_eq!(seen.header("webhook-timestamp"), Some("1767225600"));
        let wanted = signature(&secret.into(), id, 1_767_225_600, &seen.body).unwrap();
        assert_eq!(seen.header("webhook-signature"), Some(&*wanted));
    }
}

#[tokio::test]
async fn without_a_secret_only_the_id_is_told() {
    let agent = Raw::start(Answer::result(&json!({}))).await;
    agents()
        .call(&endpoint(&agent.url), &check())
        .await
        .unwrap();
    let seen = &agent.seen()[0];
    assert_eq!(seen.header("webhook-id"), Some("d1"));
    assert_eq!(seen.header("webhook-signature"), None);
}

#[tokio::test]
async fn one_connection_serves_many_calls() {
    let agent = Raw::start(Answer::result(&json!({}))).await;
    let (agents, endpoint) = (agents(), endpoint(&agent.url));
    for _ in 0..20 {
        agents.call(&endpoint, &check()).await.unwrap();
    }
    assert_eq!((agent.seen().len(), agent.connections()), (20, 1));
}

#[tokio::test]
async fn a_connection_that_was_closed_in_between_is_not_used() {
    let agent = Raw::start(Answer::raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"result\":{}}",
        crate::raw::Then::Close,
    ))
    .await;
    let (agents, endpoint) = (agents(), endpoint(&agent.url));
    for _ in 0..5 {
        agents.call(&endpoint, &check()).await.unwrap();
        agent.gone.notified().await;
    }
    assert_eq!(agent.connections(), 5);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_broken_off() {
    let agent = Raw::start(Answer::raw("", crate::raw::Then::Silence)).await;
    let (agents, endpoint, call) = (agents(), endpoint(&agent.url), check());
    let waiting = agents.call(&endpoint, &call);
    let arrived = async {
        while agent.seen().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        outcome = waiting => panic!("{outcome:?}"),
        () = arrived => {}
    }
    agent.gone.notified().await;
}

#[tokio::test]
async fn in_a_conversation_it_receives_what_is_said_and_its_messages_are_replies() {
    let agent = Raw::start(Answer::result(&json!({
        "messages": [{"text": "Hello!"}, {"n": 1}, {"message": "bye", "done": true}],
        "memory": {"met": true}, "logs": ["l"],
    })))
    .await;
    for step in [false, true] {
        let said = Message {
            sender: "ann".into(),
            content: "hi".into(),
            structured: Some(object(json!({"lang": "en"}))),
        };
        let mut call = call("Agents::One", "");
        call.why = if step {
            let task = format!("task_{:032x}", 1).parse::<TaskId>().unwrap();
            Why::Step(StepCall {
                step: StepId {
                    task: task.clone(),
                    no: 2,
                },
                task,
                input: Some("hi".into()),
                additional_input: object(json!({"lang": "en"})),
                is_by_itself: false,
                message: said,
            })
        } else {
            Why::Message(said)
        };
        let outcome = agents().call(&endpoint(&agent.url), &call).await.unwrap();
        let replies: Vec<_> = outcome
            .replies
            .iter()
            .map(|reply| &*reply.content)
            .collect();
        assert_eq!(replies, ["Hello!", r#"{"n":1}"#, "bye"]);
        assert!(outcome.done && outcome.messages.is_empty());
        assert_eq!(outcome.memory, Some(object(json!({"met": true}))));
    }
    let request = agent.seen()[0].json();
    assert_eq!(request["method"], "receive");
    assert_eq!(
        request["params"]["message"],
        json!({
            "id": null, "agent_id": null, "user_id": null,
            "payload": {"lang": "en", "content": "hi", "sender": "ann"},
            "created_at": "2026-01-01T00:00:00.000000Z", "updated_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": null,
        })
    );
}

#[tokio::test]
async fn credentials_that_an_agent_repeats_are_not_shown() {
    let mut call = check();
    call.credentials = vec![credential("token", "s3cr3t/value")];
    let leaks = json!({"logs": ["it is s3cr3t/value"], "errors": ["s3cr3t/value"]});
    let agent = Raw::start(Answer::result(&leaks)).await;
    let outcome = agents().call(&endpoint(&agent.url), &call).await.unwrap();
    assert_eq!(
        (&*outcome.logs[0], &*outcome.errors[0]),
        ("it is ***", "***")
    );
    for body in [
        r"no JSON: s3cr3t/value",
        r#"{"result": {"memory": ["s3cr3t\/value"]}}"#,
        r#"{"result": {"memory": {"k": "s3cr3t/va"#,
    ] {
        let agent = Raw::start(Answer::ok(body)).await;
        let error = agents()
            .call(&endpoint(&agent.url), &call)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("***") && !error.contains("s3cr3t"),
            "{error}"
        );
    }
}
