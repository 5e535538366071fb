//! What an agent is reminded of: the transcript, seen from its place, as far as it fits.

use std::collections::VecDeque;
use switchboard_domain::nouns::{Event, Message, Recorded, Session, SessionKind, Turn, TurnRole};

/// About how many characters a token has.
const CHARS_PER_TOKEN: usize = 4;
/// How many events are looked at for a conversation's memory.
pub const EVENTS_MAX: usize = 100;

/// The conversation before the message, and the message that the agent at `place` is to answer.
pub fn remind(
    session: &Session,
    place: usize,
    events: &[Recorded],
    about: i64,
    window_tokens: usize,
) -> (Vec<Turn>, Message) {
    let (history, message) = match session.kind {
        SessionKind::HumanAgent => with_a_person(events, about),
        SessionKind::AgentAgent => among_agents(session, place, events),
    };
    (
        newest_within(history, window_tokens.saturating_mul(CHARS_PER_TOKEN)),
        message,
    )
}

/// Each text before this one with its answer behind it, whatever order they were stored in: texts
/// that came while an answer was being made are later in the conversation than that answer.
fn with_a_person(events: &[Recorded], about: i64) -> (Vec<Turn>, Message) {
    let mut history = Vec::new();
    let mut message = Message::default();
    for recorded in events
        .iter()
        .filter(|recorded| recorded.position.no <= about)
    {
        let Event::Text(text) = &recorded.event else {
            continue;
        };
        if recorded.position.no == about {
            message = Message {
                sender: text.sender.clone(),
                content: text.content.clone(),
                structured: text.structured.clone(),
            };
            break;
        }
        history.push(other(&text.content));
        history.extend(answer_to(events, recorded.position.no).map(own));
    }
    (history, message)
}

fn answer_to(events: &[Recorded], no: i64) -> Option<&str> {
    events.iter().find_map(|recorded| match &recorded.event {
        Event::Response(response) if response.reply_to == no => Some(response.content.as_str()),
        _ => None,
    })
}

/// Everything since the agent's own last turn is what it is to answer.
fn among_agents(session: &Session, place: usize, events: &[Recorded]) -> (Vec<Turn>, Message) {
    let me = session.agent_id(place);
    let mut history = Vec::new();
    let mut message = Message::default();
    let mut news: Vec<&str> = Vec::new();
    for recorded in events {
        let (sender, content) = match &recorded.event {
            Event::Text(text) => (&text.sender, &text.content),
            Event::Response(response) => (&response.sender, &response.content),
            _ => continue,
        };
        if *sender == me {
            history.extend(news.drain(..).map(other));
            history.push(own(content));
            message.structured = None;
        } else {
            message.sender.clone_from(sender);
            if let Event::Text(text) = &recorded.event {
                message.structured.clone_from(&text.structured);
            }
            news.push(content);
        }
    }
    message.content = news.join("\n\n");
    (history, message)
}

/// The newest turns that fit into so many characters.
fn newest_within(history: Vec<Turn>, chars: usize) -> Vec<Turn> {
    let mut left = chars;
    let mut kept = VecDeque::new();
    for turn in history.into_iter().rev() {
        let Some(rest) = left.checked_sub(turn.content.len()) else {
            break;
        };
        left = rest;
        kept.push_front(turn);
    }
    kept.into()
}

fn own(content: &str) -> Turn {
    Turn {
        role: TurnRole::Own,
        content: content.to_owned(),
    }
}

fn other(content: &str) -> Turn {
    Turn {
        role: TurnRole::Other,
        content: content.to_owned(),
    }
}

#[cfg(test)]
mod tests;
