use super::*;
use switchboard_domain::{
    ids::{MessageId, SessionId, StreamId},
    nouns::SessionStatus,
};

fn session(kind: SessionKind) -> Session {
    Session {
        id: format!("session_{:032x}", 7).parse::<SessionId>().unwrap(),
        kind,
        owner: "alice".parse().unwrap(),
        status: SessionStatus::Active,
        created_at: Timestamp::default(),
        expires_at: None,
        ended_at: None,
        agents: Vec::new(),
        interaction_modes: Vec::new(),
        metadata: Object::new(),
    }
}

fn rendered(kind: SessionKind, event: Event) -> Option<serde_json::Value> {
    let position = Position {
        no: 3,
        at: Timestamp::from_micros(1_500_000),
    };
    let recorded = Recorded {
        stream: StreamId::from_key("s"),
        position,
        event,
    };
    frame(&session(kind), &recorded).map(|frame| serde_json::to_value(frame).unwrap())
}

fn text(metadata: serde_json::Value) -> Event {
    Event::Text(Text {
        message: format!("msg_{:032x}", 1).parse::<MessageId>().unwrap(),
        sender: "human_x".to_owned(),
        receiver: "ai1_x".to_owned(),
        content: "hello".to_owned(),
        origin: None,
        client_id: Some("c1".to_owned()),
        structured: Some(object(json!({"a": 1}))),
        metadata: object(metadata),
    })
}

#[test]
fn a_text_keeps_what_its_sender_attached_but_not_role_and_number() {
    let frame = rendered(
        SessionKind::HumanAgent,
        text(json!({"mood": "fine", "role": "system", "seq": 99})),
    );
    let expected = json!({
        "type": "text", "content": "hello", "sender": "human_x", "receiver": "ai1_x",
        "timestamp": "1970-01-01T00:00:01.500000Z",
        "metadata": {
            "mood": "fine", "role": "user", "seq": 3, "client_id": "c1", "structured_data": {"a": 1}
        },
    });
    assert_eq!(frame, Some(expected));
}

#[test]
fn an_answer_says_who_made_it() {
    let response = Response {
        message: format!("msg_{:032x}", 1).parse().unwrap(),
        sender: "ai1_x".to_owned(),
        receiver: "human_x".to_owned(),
        content: "hi".to_owned(),
        provider: "demo".to_owned(),
        model: "echo".to_owned(),
        tokens: Some(9),
        reply_to: 2,
        in_reply_to: None,
    };
    let frame = rendered(SessionKind::HumanAgent, Event::Response(response)).unwrap();
    assert_eq!(frame["type"], "response");
    assert_eq!(
        frame["metadata"],
        json!({
            "role": "assistant", "provider": "demo", "model": "echo", "original_type": "response",
            "seq": 3, "reply_to": 2, "token_count": 9,
        })
    );
}

#[test]
fn what_the_server_says_has_the_role_system() {
    let person = format!("human_session_{:032x}", 7);
    let stop = rendered(
        SessionKind::AgentAgent,
        Event::Stop {
            reason: StopReason::GoalAchieved,
        },
    )
    .unwrap();
    assert_eq!(
        stop["metadata"],
        json!({"role": "system", "reason": "goal_achieved", "seq": 3})
    );
    assert_eq!(stop.get("receiver"), None);

    let failed = Event::Failed {
        code: FailureCode::ProcessingTimeout,
        content: "Processing timeout".to_owned(),
        agent: "ai1_x".to_owned(),
        reply_to: 1,
        in_reply_to: None,
    };
    let failed = rendered(SessionKind::HumanAgent, failed).unwrap();
    assert_eq!(
        (&failed["type"], &failed["receiver"]),
        (&json!("error"), &json!(person))
    );
    assert_eq!(
        failed["metadata"],
        json!({
            "role": "system", "code": "PROCESSING_TIMEOUT", "details": {}, "reply_to": 1, "seq": 3
        })
    );
}

#[test]
fn a_cooldown_counts_whole_seconds_upwards() {
    let until = Timestamp::from_micros(4_500_001);
    let frame = rendered(
        SessionKind::AgentAgent,
        Event::Cooldown {
            agent: "ai2_x".to_owned(),
            until,
        },
    )
    .unwrap();
    assert_eq!(frame["metadata"]["cooldown_remaining"], 4);
    assert_eq!(frame["sender"], "ai2_x");
}

#[test]
fn what_concerns_no_session_is_not_shown() {
    let event = Event::AccessEnded {
        user: "alice".parse().unwrap(),
    };
    assert_eq!(rendered(SessionKind::HumanAgent, event), None);
}

#[test]
fn frames_that_are_not_stored_have_no_number() {
    let now = Timestamp::default();
    let ping = serde_json::to_value(ping_frame(now)).unwrap();
    assert_eq!(
        ping,
        json!({"type": "ping", "timestamp": "1970-01-01T00:00:00.000000Z", "metadata": {}})
    );
    let error = error_frame("BAD_JSON", "no JSON", Object::new(), now);
    assert_eq!(error.metadata.get("seq"), None);
    let ack = ack_frame("c1", 4, now);
    assert_eq!(
        serde_json::Value::from(ack.metadata),
        json!({"ack": "c1", "seq": 4})
    );
}
