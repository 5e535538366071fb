//! What an agent is reminded of: the transcript, seen from its place, as far as it fits.

use std::collections::VecDeque;
use switchboard_domain::nouns::{Event, Message, Recorded, Session, SessionKind, Turn, TurnRole};

/// About how many characters a token has.
pub const CHARS_PER_TOKEN: usize = 4;
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
    let chars = window_tokens.saturating_mul(CHARS_PER_TOKEN);
    let (history, message) = match session.kind {
        SessionKind::HumanAgent => with_a_person(events, about),
        SessionKind::AgentAgent => among_agents(session, place, events, about, chars),
    };
    (newest_within(history, chars), message)
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

/// What came since the event that the agent answered last is what it is to answer: also what came
/// while it made that answer.
fn among_agents(
    session: &Session,
    place: usize,
    events: &[Recorded],
    about: i64,
    chars: usize,
) -> (Vec<Turn>, Message) {
    let me = session.agent_id(place);
    let answered = events.iter().filter_map(|recorded| match &recorded.event {
        Event::Response(response) if response.sender == me => Some(response.reply_to),
        _ => None,
    });
    let answered = answered.max().unwrap_or(0);
    let mut history = Vec::new();
    let mut message = Message::default();
    let mut news = Vec::new();
    for recorded in events {
        let (sender, content, structured) = match &recorded.event {
            Event::Text(text) => (&text.sender, &text.content, text.structured.as_ref()),
            Event::Response(response) => (&response.sender, &response.content, None),
            _ => continue,
        };
        let no = recorded.position.no;
        if no == about || (*sender != me && no > answered) {
            message.sender.clone_from(sender);
            message.structured = structured.cloned();
            news.push(content.as_str());
        } else {
            history.push(if *sender == me {
                own(content)
            } else {
                other(content)
            });
        }
    }
    message.content = newest_texts(&news, chars).join("\n\n");
    (history, message)
}

/// The newest texts that fit into so many characters, and always the last.
fn newest_texts<'a>(texts: &'a [&'a str], chars: usize) -> &'a [&'a str] {
    let mut left = chars;
    let fitting = texts.iter().rev().take_while(|text| {
        let fits = left.checked_sub(text.len());
        left = fits.unwrap_or(0);
        fits.is_some()
    });
    let kept = fitting.count().max(1).min(texts.len());
    &texts[texts.len() - kept..]
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
