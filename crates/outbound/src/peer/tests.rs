use super::answer::task;
use super::*;
use crate::remote::answer::BadAnswer;
use proptest::prelude::*;
use std::sync::LazyLock;
use switchboard_testkit::clock::TestClock;

static OUTGOING: LazyLock<Outgoing> = LazyLock::new(|| Outgoing::new(Vec::new()).unwrap());

fn peer(address: &str) -> Result<Peer, Refused> {
    let clock: Arc<dyn Clock> = Arc::new(TestClock::new());
    Peer::new(&OUTGOING, &clock, address, Trust::Operator)
}

fn url(address: &str, path: &[&str]) -> String {
    match peer(address).unwrap().url(path) {
        Ok(url) => url.into(),
        Err(failure) => panic!("{}", CallError::from(failure)),
    }
}

#[test]
fn a_base_is_given_in_many_ways() {
    for address in [
        "http://far:8000",
        "http://far:8000/",
        "http://far:8000/ap/v1",
        "http://far:8000/ap/v1/agent/",
    ] {
        assert_eq!(
            url(address, &["tasks"]),
            "http://far:8000/ap/v1/agent/tasks"
        );
    }
    assert_eq!(
        url("https://far/agents/agent_7/", &["tasks", "a/b ?#"]),
        "https://far/agents/agent_7/ap/v1/agent/tasks/a%2Fb%20%3F%23"
    );
    assert_eq!(
        url("http://far/agent", &["tasks"]),
        "http://far/agent/ap/v1/agent/tasks"
    );
    assert!(peer("ftp://far").is_err() && peer("far").is_err());
}

fn read(answer: &Value) -> Result<FarStep, String> {
    parse_step(answer.to_string().as_bytes()).map_err(|bad: BadAnswer| bad.to_string())
}

#[test]
fn a_step_is_read_whole() {
    let read = read(&json!({
        "step_id": "s", "task_id": "t", "name": "n", "status": "completed", "output": "o\u{0}",
        "additional_output": {"a": 1, "functions": [{"name": "f"}]}, "is_last": true, "more": [1],
        "artifacts": [
            {"artifact_id": "1", "agent_created": true, "file_name": "x", "relative_path": "y/"},
            {"artifact_id": "2", "agent_created": false, "file_name": "z"},
        ],
    }));
    let step = read.unwrap();
    assert!(step.is_done && step.is_last);
    assert_eq!(step.output.as_deref(), Some("o\u{fffd}"));
    assert_eq!((step.id.as_str(), step.name.as_deref()), ("s", Some("n")));
    assert_eq!(step.functions[0]["name"], "f");
    assert_eq!(step.additional_output["a"], 1);
    let names: Vec<&str> = step
        .artifacts
        .iter()
        .map(|it| it.file_name.as_str())
        .collect();
    assert_eq!(names, ["x"]);
}

#[test]
fn what_may_be_left_out_is() {
    let step = read(&json!({"step_id": "s", "status": "running", "output": null})).unwrap();
    assert!(!step.is_done && !step.is_last && step.artifacts.is_empty());
}

#[test]
fn no_member_has_another_type() {
    let good = json!({"step_id": "s", "status": "completed"});
    assert!(read(&good).is_ok());
    for (member, bad) in [
        ("step_id", json!(1)),
        ("step_id", json!("..")),
        ("step_id", json!("")),
        ("status", json!("done")),
        ("status", Value::Null),
        ("output", json!({})),
        ("name", json!(7)),
        ("additional_output", json!([])),
        ("is_last", json!("true")),
        ("functions", json!({})),
        ("functions", json!([1])),
        ("artifacts", json!([1])),
        (
            "artifacts",
            json!([{"artifact_id": "..", "file_name": "x"}]),
        ),
        ("artifacts", json!([{"artifact_id": "1"}])),
    ] {
        let mut answer = good.clone();
        answer[member] = bad;
        let why = read(&answer).unwrap_err();
        assert!(why.contains(member), "{answer}: {why}");
    }
    assert!(task(b"[]").is_err() && task(b"").is_err() && task(b"{\"task_id\":\"t\"}").is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_none(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}\",:a-z0-9]{0,60}") {
        parse_step(&bytes).ok();
        task(text.as_bytes()).ok();
        parse_step(text.as_bytes()).ok();
    }
}
