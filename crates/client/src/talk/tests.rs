use super::*;
use serde_json::{Value, json};

fn frame(kind: &str, content: &str, metadata: &Value) -> Frame {
    let frame = json!({"type": kind, "content": content, "sender": "ai1", "metadata": metadata});
    Frame::read(frame).unwrap()
}

fn ack(id: &str, seq: i64) -> Frame {
    frame("info", "", &json!({"ack": id, "seq": seq}))
}

fn answer(seq: i64, reply_to: i64) -> Frame {
    frame(
        "response",
        "yes",
        &json!({"seq": seq, "reply_to": reply_to}),
    )
}

fn person() -> Talk {
    Talk::new(SessionKind::HumanAgent, 0)
}

/// Says something, and sends it.
fn say(talk: &mut Talk, id: &str) {
    talk.say(id.into(), format!("text {id}"));
    if talk.due().is_some_and(|text| text.id == id) {
        talk.sent();
    }
}

fn due(talk: &Talk) -> Option<&str> {
    talk.due().map(|text| text.id.as_str())
}

fn told(meaning: Meaning) -> Happening {
    match meaning {
        Meaning::Tell(happening) => happening,
        other => panic!("nothing is told: {other:?}"),
    }
}

fn own(meaning: Meaning) -> bool {
    match told(meaning) {
        Happening::Answered { own, .. } | Happening::Failed { own, .. } => own,
        other => panic!("no answer: {other:?}"),
    }
}

#[test]
fn a_text_is_under_way_until_it_is_answered() {
    let mut talk = person();
    assert!(talk.is_idle());
    say(&mut talk, "a");
    assert!(!talk.is_idle() && due(&talk).is_none());
    assert_eq!(talk.hear(&ack("a", 1)), Meaning::Nothing);
    assert!(!talk.is_idle() && talk.waiting() == 0);
    assert!(own(talk.hear(&answer(2, 1))));
    assert!(talk.is_idle() && talk.cursor() == 2);
}

#[test]
fn one_text_is_under_way_at_a_time() {
    let mut talk = person();
    say(&mut talk, "a");
    say(&mut talk, "b");
    assert_eq!(due(&talk), None);
    talk.hear(&ack("a", 1));
    assert_eq!(due(&talk), Some("b"));
}

#[test]
fn what_is_not_acknowledged_is_sent_again() {
    let mut talk = person();
    say(&mut talk, "a");
    talk.connected();
    assert_eq!(due(&talk), Some("a"));
    talk.sent();
    talk.hear(&ack("a", 1));
    talk.connected();
    assert_eq!(due(&talk), None);
}

#[test]
fn a_replay_acknowledges_and_is_not_shown() {
    let mut talk = person();
    say(&mut talk, "a");
    talk.connected();
    talk.sent();
    let replayed = frame("text", "text a", &json!({"client_id": "a", "seq": 1}));
    assert_eq!(talk.hear(&replayed), Meaning::Nothing);
    assert_eq!(talk.hear(&ack("a", 1)), Meaning::Nothing);
    assert!(own(talk.hear(&answer(2, 1))));
    assert!(talk.is_idle());
}

#[test]
fn nothing_is_told_twice() {
    let mut talk = person();
    say(&mut talk, "a");
    talk.hear(&ack("a", 1));
    talk.hear(&answer(2, 1));
    assert_eq!(talk.hear(&answer(2, 1)), Meaning::Nothing);
    assert_eq!(talk.hear(&ack("a", 1)), Meaning::Nothing);
    assert!(talk.is_idle());
}

#[test]
fn what_others_attach_acknowledges_nothing() {
    let mut talk = person();
    say(&mut talk, "a");
    let theirs = frame("text", "hi", &json!({"ack": "a", "delta": "x", "seq": 1}));
    assert!(matches!(told(talk.hear(&theirs)), Happening::Said { .. }));
    assert_eq!(talk.waiting(), 1);
    assert!(!own(talk.hear(&answer(2, 1))));
}

#[test]
fn a_text_that_was_not_taken_waits_or_is_given_up() {
    let mut talk = person();
    say(&mut talk, "a");
    let error = |code: &str| {
        let details = json!({"client_id": "a"});
        frame(
            "error",
            "no",
            &json!({"code": code, "details": details, "retry_after": 9}),
        )
    };
    assert_eq!(
        talk.hear(&error("RATE_LIMITED")),
        Meaning::SendAgain(Some(9))
    );
    assert_eq!(due(&talk), Some("a"));
    talk.sent();
    assert_eq!(talk.hear(&error("UNAVAILABLE")), Meaning::SendAgain(None));
    talk.sent();
    let refused = told(talk.hear(&error("MESSAGE_LIMIT")));
    assert!(matches!(refused, Happening::Refused { text: true, .. }));
    assert!(talk.is_idle());
}

#[test]
fn a_stop_and_an_error_end_what_is_under_way() {
    let mut talk = person();
    for (id, seq) in [("a", 1), ("b", 2)] {
        say(&mut talk, id);
        talk.hear(&ack(id, seq));
    }
    let error = frame(
        "error",
        "broken",
        &json!({"seq": 3, "reply_to": 1, "code": "PROVIDER_ERROR"}),
    );
    assert!(own(talk.hear(&error)));
    let stop = frame(
        "stop",
        "Stopped",
        &json!({"seq": 4, "reason": "stopped_by_user"}),
    );
    let stopped = told(talk.hear(&stop));
    assert!(matches!(stopped, Happening::Stopped { unanswered: 1, .. }));
    assert!(talk.is_idle());
}

#[test]
fn without_tokens_the_next_in_turn_stays_unanswered() {
    let mut talk = person();
    say(&mut talk, "a");
    talk.hear(&ack("a", 1));
    let notice = frame(
        "system",
        "spent",
        &json!({"seq": 2, "notice": "budget_reached"}),
    );
    let noticed = told(talk.hear(&notice));
    assert!(matches!(noticed, Happening::Noticed { unanswered: 1, .. }));
    assert!(talk.is_idle());
}

#[test]
fn a_dialogue_runs_from_a_text_to_its_end() {
    let end = |kind: &str| frame(kind, "", &json!({"seq": 4, "notice": "budget_reached"}));
    for kind in ["stop", "error", "system"] {
        let mut talk = Talk::new(SessionKind::AgentAgent, 0);
        say(&mut talk, "a");
        talk.hear(&ack("a", 1));
        talk.hear(&answer(2, 1));
        assert!(own(talk.hear(&answer(3, 2))) && !talk.is_idle());
        talk.hear(&end(kind));
        assert!(talk.is_idle(), "{kind}");
    }
}

#[test]
fn what_was_said_before_is_told() {
    let mut talk = Talk::new(SessionKind::HumanAgent, 4);
    let said = frame("text", "hi", &json!({"seq": 5, "client_id": "x"}));
    assert_eq!(talk.recall(&[said, answer(6, 5)]).len(), 2);
    assert!(talk.is_idle() && talk.cursor() == 6);
}
