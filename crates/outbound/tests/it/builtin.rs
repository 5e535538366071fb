//! The built-in agents, by what they make of calls.

mod http;
mod pages;

use crate::remote::{check, object, receive};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use switchboard_domain::nouns::{Call, Control, GrantedCredential, Message, Object, Outcome, Why};
use switchboard_domain::ports::{AgentRuntime, CallError, Clock, NoDeltas};
use switchboard_outbound::{BuiltinType, Outgoing, builtin_types, manual_messages};
use switchboard_testkit::clock::TestClock;

/// Made once, as in `remote`.
static OUTGOING: LazyLock<Outgoing> =
    LazyLock::new(|| Outgoing::new(vec!["127.0.0.1/32".parse().unwrap()]).unwrap());

/// All types; their requests may go to this machine.
pub fn types() -> Vec<BuiltinType> {
    let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
    builtin_types(&OUTGOING, &clock)
}

pub fn named(name: &str) -> BuiltinType {
    let found = types().into_iter().find(|kind| kind.name == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

/// Calls an agent of this type with these options.
pub async fn ask(name: &str, options: Value, mut call: Call) -> Result<Outcome, CallError> {
    call.options = object(options);
    named(name).call(&call, &NoDeltas).await
}

/// What an agent emits for this payload.
async fn emitted(name: &str, options: &Value, payload: Value) -> Vec<Value> {
    let outcome = ask(name, options.clone(), receive(payload)).await.unwrap();
    outcome.messages.into_iter().map(Value::Object).collect()
}

/// An agent that remembers, called again and again.
struct Remembering {
    kind: BuiltinType,
    options: Object,
    memory: Object,
}

impl Remembering {
    fn new(name: &str, options: Value) -> Self {
        Self {
            kind: named(name),
            options: object(options),
            memory: Object::new(),
        }
    }

    async fn call(&mut self, mut call: Call) -> Vec<Value> {
        call.options = self.options.clone();
        call.memory = self.memory.clone();
        let outcome = self.kind.call(&call, &NoDeltas).await.unwrap();
        if let Some(memory) = outcome.memory {
            self.memory = memory;
        }
        outcome.messages.into_iter().map(Value::Object).collect()
    }
}

#[test]
fn there_are_eleven_types_and_their_defaults_work() {
    let types = types();
    let names: Vec<&str> = types.iter().map(|kind| kind.name).collect();
    assert_eq!(
        names,
        [
            "AgentProtocolAgent",
            "CommanderAgent",
            "DataOutputAgent",
            "DeDuplicationAgent",
            "DigestAgent",
            "HttpStatusAgent",
            "ManualMessageAgent",
            "MessageFormattingAgent",
            "PostAgent",
            "TriggerAgent",
            "WebhookAgent",
        ]
    );
    for kind in &types {
        assert!(
            kind.can_check || kind.can_receive || kind.can_emit,
            "{}",
            kind.name
        );
        assert!(
            kind.description.len() > 100 && kind.info().usable,
            "{}",
            kind.name
        );
        // Secrets have no default: whoever makes an agent chooses one.
        let faults = kind
            .validate(&kind.default_options)
            .err()
            .unwrap_or_default();
        let only_secrets = faults
            .iter()
            .all(|fault| fault.path[0].starts_with("secret"));
        assert!(only_secrets, "{}: {faults:?}", kind.name);
    }
}

#[test]
fn options_that_cannot_work_are_named() {
    for line in include_str!("builtin/faults.txt").lines() {
        let parts: Vec<&str> = line.splitn(3, ' ').collect();
        let options = serde_json::from_str(parts[2]).unwrap();
        let faults = named(parts[0]).validate(&object(options)).unwrap_err();
        let paths: Vec<String> = faults.iter().map(|fault| fault.path.join(".")).collect();
        assert_eq!(paths, [parts[1]], "{line}");
        assert!(!faults[0].message.is_empty());
    }
}

#[tokio::test]
async fn agents_do_only_what_they_can() {
    for kind in types() {
        let call = Call {
            options: kind.default_options.clone(),
            ..check()
        };
        if !kind.can_check {
            let error = kind.call(&call, &NoDeltas).await.unwrap_err();
            assert!(
                error.to_string().contains("does nothing on a schedule"),
                "{error}"
            );
        }
        if !kind.can_receive {
            let error = kind.call(&receive(json!({})), &NoDeltas).await.unwrap_err();
            assert!(
                error.to_string().contains("receives no messages"),
                "{error}"
            );
        }
    }
    let error = ask("DigestAgent", json!({"retained_messages": -1}), check())
        .await
        .unwrap_err();
    let wanted =
        "the agent's options cannot work: retained_messages must be a whole number from 0 to 999";
    assert_eq!(
        error,
        CallError::Permanent {
            message: wanted.into()
        }
    );
}

#[test]
fn messages_are_written_by_hand() {
    let now = TestClock::new().now();
    let write = |written: Value| manual_messages(&object(written), now);
    let made = write(json!({"a": "{{ 'now' | date: '%F' }}", "b": 1})).unwrap();
    assert_eq!(made, [object(json!({"a": "2026-01-01", "b": 1}))]);
    let many = write(json!({"payloads": [{"a": 1}, {"a": 2}]})).unwrap();
    assert_eq!(many.len(), 2);
    for wrong in [
        json!({"payloads": [1]}),
        json!({"payloads": [], "a": 1}),
        json!({"a": "{% x %}"}),
    ] {
        assert!(write(wrong.clone()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn rules_decide_whether_a_trigger_emits() {
    let payload = json!({"a": {"n": 5, "t": "Foo12bar"}, "l": [{"x": "y"}], "z": null});
    for (kind, path, value, fits) in [
        ("regex", "a.t", json!("foo\\d+BAR"), true),
        ("regex", "a.t", json!("(?-i)foo"), false),
        ("regex", "a.t", json!(["x", "oo"]), true),
        ("!regex", "a.t", json!("x"), true),
        ("!regex", "a.t", json!("oo"), false),
        ("field<value", "a.n", json!("5.5"), true),
        ("field<value", "a.n", json!(5), false),
        ("field<=value", "a.n", json!("5"), true),
        ("field>=value", "a.n", json!("5"), true),
        ("field>value", "a.n", json!("4"), true),
        ("field>value", "missing", json!("-1"), true),
        ("field==value", "a.n", json!("5"), true),
        ("field==value", "l[0].x", json!(["a", "y"]), true),
        ("field!=value", "a.n", json!("5"), false),
        ("not in", "$.a.n", json!(["1", "5"]), false),
        ("not in", "z", json!(["1", "5"]), true),
    ] {
        let options =
            json!({"rules": [{"type": kind, "path": path, "value": value}], "message": "{{a.n}}!"});
        let wanted = if fits {
            vec![json!({"message": "5!"})]
        } else {
            vec![]
        };
        assert_eq!(
            emitted("TriggerAgent", &options, payload.clone()).await,
            wanted,
            "{options}"
        );
    }
    let rule = |value: &str| json!({"type": "field==value", "path": "a", "value": value});
    let mut options =
        json!({"rules": [rule("1"), rule("2")], "must_match": "1", "keep_message": "true"});
    let kept = emitted("TriggerAgent", &options, json!({"a": 2})).await;
    assert_eq!(kept, [json!({"a": 2})]);
    options["must_match"] = json!(2);
    assert!(
        emitted("TriggerAgent", &options, json!({"a": 2}))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn messages_are_formatted() {
    let mut options = json!({
        "instructions": {"message": "{{conditions}} {{high.celsius}} {{pretty_date.time}}", "list": "{{l | as_object}}",
                         "at": "{{created_at | date: '%H:%M'}}"},
        "matchers": [{"path": "{{date.pretty}}", "regexp": "\\A(?<time>\\d\\d:\\d\\d [AP]M)", "to": "pretty_date"}],
        "mode": "clean",
    });
    let payload = json!({"conditions": "Rain", "high": {"celsius": 18}, "date": {"pretty": "10:00 PM on Monday"}, "l": [1]});
    let made = json!({"message": "Rain 18 10:00 PM", "list": [1], "at": "20:45"});
    assert_eq!(
        emitted("MessageFormattingAgent", &options, payload.clone()).await,
        std::slice::from_ref(&made)
    );
    options["mode"] = json!("merge");
    let merged = emitted("MessageFormattingAgent", &options, payload).await;
    assert_eq!(
        (&merged[0]["message"], &merged[0]["conditions"]),
        (&made["message"], &json!("Rain"))
    );
}

#[tokio::test]
async fn credentials_are_filled_in_only_if_granted() {
    let options = json!({"instructions": {"a": "{% credential token %}"}, "mode": "clean"});
    let mut call = receive(json!({}));
    let error = ask("MessageFormattingAgent", options.clone(), call.clone())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("token was not granted"),
        "{error}"
    );
    call.credentials = vec![GrantedCredential {
        name: "token".into(),
        value: "s3cr3t".into(),
    }];
    let outcome = ask("MessageFormattingAgent", options, call).await.unwrap();
    assert_eq!(outcome.messages, [object(json!({"a": "s3cr3t"}))]);
}

#[tokio::test]
async fn each_message_passes_once() {
    let mut agent = Remembering::new(
        "DeDuplicationAgent",
        json!({"property": "{{id}}", "lookback": "2"}),
    );
    let mut passed = Vec::new();
    for id in [1, 1, 2, 1, 3, 1, 3] {
        passed.extend(agent.call(receive(json!({"id": id, "x": "y"}))).await);
    }
    let ids: Vec<i64> = passed
        .iter()
        .map(|message| message["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2, 3, 1]);
    let mut whole = Remembering::new("DeDuplicationAgent", json!({"property": "", "lookback": 0}));
    let long = "x".repeat(1000);
    assert_eq!(
        whole.call(receive(json!({"a": long, "b": 1}))).await.len(),
        1
    );
    assert_eq!(
        whole.call(receive(json!({"b": 1, "a": long}))).await.len(),
        0
    );
    assert!(Value::from(whole.memory).to_string().len() < 200);
}

#[tokio::test]
async fn a_digest_emits_what_it_collected() {
    let options =
        json!({"message": "{{ messages | map: 'n' | join: ',' }}", "retained_messages": "0"});
    let mut agent = Remembering::new("DigestAgent", options);
    assert!(agent.call(check()).await.is_empty());
    for n in 1..=3 {
        assert!(agent.call(receive(json!({"n": n}))).await.is_empty());
    }
    let digest = json!({"messages": [{"n": 1}, {"n": 2}, {"n": 3}], "message": "1,2,3"});
    assert_eq!(agent.call(check()).await, [digest]);
    assert!(agent.call(check()).await.is_empty());
    agent.options.insert("retained_messages".into(), 2.into());
    for n in 4..=6 {
        agent.call(receive(json!({"n": n}))).await;
    }
    for _ in 0..2 {
        assert_eq!(agent.call(check()).await[0]["message"], "5,6");
    }
}

#[tokio::test]
async fn a_digest_that_is_full_is_emitted_and_nothing_is_lost() {
    let mut agent = Remembering::new("DigestAgent", json!({"message": "{{messages.size}}"}));
    let big = "x".repeat(300_000);
    let mut emitted = Vec::new();
    for _ in 0..5 {
        emitted.extend(agent.call(receive(json!({ "big": big }))).await);
    }
    assert_eq!((emitted.len(), &emitted[0]["message"]), (1, &json!("4")));
    assert_eq!(agent.call(check()).await[0]["message"], "1");
}

#[tokio::test]
async fn a_commander_commands() {
    for (options, wanted) in [
        (json!({"action": "run"}), vec![Control::Run]),
        (json!({"action": "disable"}), vec![Control::Disable]),
        (json!({"action": "enable"}), vec![Control::Enable]),
        (
            json!({"action": "enable", "drop_pending_messages": "true"}),
            vec![Control::EnableAfresh],
        ),
        (
            json!({"action": "configure", "configure_options": {"a": {"b": "{{n}}"}}}),
            vec![Control::Configure(object(json!({"a": {"b": "7"}})))],
        ),
        (
            json!({"action": "{% if n > 6 %}run{% endif %}"}),
            vec![Control::Run],
        ),
        (json!({"action": "{% if n > 7 %}run{% endif %}"}), vec![]),
    ] {
        let outcome = ask("CommanderAgent", options.clone(), receive(json!({"n": 7})))
            .await
            .unwrap();
        assert_eq!(outcome.controls, wanted, "{options}");
        assert!(outcome.messages.is_empty());
    }
    let error = ask(
        "CommanderAgent",
        json!({"action": "{{n}}"}),
        receive(json!({"n": "x"})),
    )
    .await;
    assert!(error.is_err());
    assert_eq!(
        ask("CommanderAgent", json!({"action": "run"}), check())
            .await
            .unwrap()
            .controls,
        [Control::Run]
    );
}

#[tokio::test]
async fn in_a_conversation_they_answer() {
    let mut call = check();
    call.why = Why::Message(Message {
        sender: "ann".into(),
        content: "hi".into(),
        structured: None,
    });
    let options = json!({"instructions": {"text": "{{sender}} said {{content}}"}, "mode": "clean"});
    let outcome = ask("MessageFormattingAgent", options, call).await.unwrap();
    assert_eq!(crate::reply(&outcome), "ann said hi");
    assert!(outcome.messages.is_empty());
}

#[test]
fn the_example_of_a_workflow_has_options_that_work() {
    let file: Value =
        serde_json::from_str(include_str!("../../../../examples/workflow.json")).unwrap();
    let agents = file["agents"].as_array().unwrap();
    for agent in agents {
        let kind = agent["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("Agents::");
        assert_eq!(
            named(kind).validate(&object(agent["options"].clone())),
            Ok(()),
            "{kind}"
        );
    }
    let guids: Vec<&str> = agents
        .iter()
        .map(|agent| agent["guid"].as_str().unwrap())
        .collect();
    assert!(guids.is_sorted());
}
