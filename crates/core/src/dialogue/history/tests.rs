use super::*;
use switchboard_domain::{
    Timestamp,
    ids::{MessageId, SessionId},
    nouns::{Object, Position, Response, SessionAgent, SessionStatus, Text},
};
use uuid::Uuid;

fn remind(
    session: &Session,
    place: usize,
    events: &[Recorded],
    about: i64,
    tokens: usize,
) -> (Vec<Turn>, Message) {
    let events = events.iter().cloned().map(Shared::new).collect();
    let (history, message) = super::remind(session, place, events, about, tokens);
    (history.to_vec(), message)
}

fn session(kind: SessionKind) -> Session {
    let seat = SessionAgent {
        key: "a".to_owned(),
        provider: "demo".to_owned(),
        model: "echo".to_owned(),
        capabilities: Vec::new(),
        personality: None,
        metadata: Object::new(),
        registered: None,
    };
    Session {
        id: SessionId::from_uuid(Uuid::from_u128(1)),
        kind,
        owner: "alice".parse().unwrap(),
        status: SessionStatus::Active,
        created_at: Timestamp::from_micros(0),
        expires_at: None,
        ended_at: None,
        agents: vec![seat; kind.agents()],
        interaction_modes: vec![kind.mode()],
        metadata: Object::new(),
    }
}

fn recorded(session: &Session, no: i64, event: Event) -> Recorded {
    let position = Position {
        no,
        at: Timestamp::from_micros(no),
    };
    Recorded {
        stream: session.stream(),
        position,
        event,
    }
}

fn text(session: &Session, no: i64, sender: &str, content: &str) -> Recorded {
    let text = Text {
        message: MessageId::from_uuid(Uuid::from_u128(2)),
        sender: sender.to_owned(),
        receiver: String::new(),
        content: content.to_owned(),
        origin: None,
        client_id: None,
        structured: None,
        metadata: Object::new(),
    };
    recorded(session, no, Event::Text(text))
}

fn answer(session: &Session, no: i64, sender: &str, content: &str, reply_to: i64) -> Recorded {
    let response = Response {
        message: MessageId::from_uuid(Uuid::from_u128(3)),
        sender: sender.to_owned(),
        receiver: String::new(),
        content: content.to_owned(),
        provider: String::new(),
        model: String::new(),
        tokens: None,
        reply_to,
        in_reply_to: None,
    };
    recorded(session, no, Event::Response(response))
}

fn contents(history: &[Turn]) -> Vec<(TurnRole, &str)> {
    history
        .iter()
        .map(|turn| (turn.role, turn.content.as_str()))
        .collect()
}

#[test]
fn texts_that_came_early_stand_behind_the_answer_to_the_one_before() {
    let session = session(SessionKind::HumanAgent);
    let events = [
        text(&session, 1, "human", "one"),
        text(&session, 2, "human", "two"),
        text(&session, 3, "human", "three"),
        answer(&session, 4, "ai", "ONE", 1),
    ];
    let (history, message) = remind(&session, 0, &events, 2, 1000);
    assert_eq!(
        contents(&history),
        [(TurnRole::Other, "one"), (TurnRole::Own, "ONE")]
    );
    assert_eq!(message.content, "two");
}

#[test]
fn an_agent_answers_everything_since_what_it_answered_last() {
    let session = session(SessionKind::AgentAgent);
    let (first, second) = (session.agent_id(0), session.agent_id(1));
    let events = [
        text(&session, 1, &first, "hello"),
        text(&session, 2, "a watcher", "be brief"),
        answer(&session, 3, &second, "hi", 1),
        answer(&session, 4, &first, "so", 3),
    ];
    let (history, message) = remind(&session, 1, &events, 4, 1000);
    assert_eq!(
        contents(&history),
        [(TurnRole::Other, "hello"), (TurnRole::Own, "hi")]
    );
    assert_eq!(message.content, "be brief\n\nso");
    let (history, message) = remind(&session, 0, &events[..3], 3, 1000);
    assert_eq!(contents(&history), [(TurnRole::Own, "hello")]);
    assert_eq!(message.content, "be brief\n\nhi");
}

#[test]
fn what_somebody_says_for_an_agent_takes_no_question_from_it() {
    let session = session(SessionKind::AgentAgent);
    let (first, second) = (session.agent_id(0), session.agent_id(1));
    let events = [
        text(&session, 1, &first, "hello"),
        answer(&session, 2, &second, "why?", 1),
        text(&session, 3, &first, "by the way"),
    ];
    let (history, message) = remind(&session, 0, &events, 2, 1000);
    assert_eq!(
        contents(&history),
        [(TurnRole::Own, "hello"), (TurnRole::Own, "by the way")]
    );
    assert_eq!(message.content, "why?");
}

#[test]
fn too_much_news_is_cut_to_the_newest() {
    let session = session(SessionKind::AgentAgent);
    let second = session.agent_id(1);
    let events = [
        text(&session, 1, &second, "12345"),
        text(&session, 2, &second, "6789"),
    ];
    assert_eq!(remind(&session, 0, &events, 2, 1).1.content, "6789");
    assert_eq!(remind(&session, 0, &events, 2, 0).1.content, "6789");
    assert_eq!(
        remind(&session, 0, &events, 2, 3).1.content,
        "12345\n\n6789"
    );
}

#[test]
fn what_does_not_fit_is_forgotten_oldest_first() {
    let session = session(SessionKind::HumanAgent);
    let events = [
        text(&session, 1, "human", "an old text"),
        answer(&session, 2, "ai", "12345678", 1),
        text(&session, 3, "human", "now"),
    ];
    let (history, _) = remind(&session, 0, &events, 3, 2);
    assert_eq!(contents(&history), [(TurnRole::Own, "12345678")]);
    let (history, _) = remind(&session, 0, &events, 3, 1);
    assert!(history.is_empty());
}
