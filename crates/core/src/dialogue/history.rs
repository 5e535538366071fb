//! What an agent is reminded of: the transcript, seen from its place, as far as it fits.

use crate::{actions, follow::Shared};
use serde_json::json;
use std::{collections::VecDeque, sync::Arc};
use switchboard_domain::nouns::{
    Event, History, Message, Object, Recorded, Session, SessionKind, Turn, TurnRole,
};

/// About how many characters a token has.
pub const CHARS_PER_TOKEN: usize = 4;
/// How many events are looked at for a conversation's memory.
pub const EVENTS_MAX: usize = 100;

/// The conversation before the message, and the message that the agent at `place` is to answer.
pub fn remind(
    session: &Session,
    place: usize,
    events: Vec<Arc<Shared>>,
    about: i64,
    window_tokens: usize,
) -> (History, Message) {
    let chars = window_tokens.saturating_mul(CHARS_PER_TOKEN);
    match session.kind {
        SessionKind::HumanAgent => {
            let message = message(&events, about);
            let recall = move || newest_within(with_a_person(&refer(&events), about), chars);
            (History::lazy(recall), message)
        }
        SessionKind::AgentAgent => {
            let (history, message) = among_agents(session, place, &refer(&events), about, chars);
            (newest_within(history, chars).into(), message)
        }
    }
}

fn refer(events: &[Arc<Shared>]) -> Vec<&Recorded> {
    events.iter().map(|event| &event.recorded).collect()
}

/// The text with this number.
fn message(events: &[Arc<Shared>], about: i64) -> Message {
    let found = events
        .iter()
        .rev()
        .find(|event| event.recorded.position.no == about);
    match found.map(|event| &event.recorded.event) {
        Some(Event::Text(text)) => Message {
            sender: text.sender.clone(),
            content: text.content.clone(),
            structured: text.structured.clone(),
        },
        Some(event) => told(event).unwrap_or_default(),
        None => Message::default(),
    }
}

/// What an agent is told of its proposals.
fn told(event: &Event) -> Option<Message> {
    let (name, value) = match event {
        Event::Acted { action } if action.is_final() => {
            ("function_results", json!([actions::result_of(action)]))
        }
        Event::NotProposed { errors } => ("function_errors", json!(errors)),
        _ => return None,
    };
    let structured = Object::from_iter([(name.to_owned(), value)]);
    Some(Message {
        sender: "system".to_owned(),
        content: json!(structured).to_string(),
        structured: Some(structured),
    })
}

/// Each text before this one with its answer behind it, whatever order they were stored in: texts
/// that came while an answer was being made are later in the conversation than that answer.
fn with_a_person(events: &[&Recorded], about: i64) -> Vec<Turn> {
    let mut history = Vec::new();
    for (index, recorded) in events.iter().enumerate() {
        if recorded.position.no >= about {
            break;
        }
        let content = match &recorded.event {
            Event::Text(text) => text.content.clone(),
            event => match told(event) {
                Some(told) => told.content,
                None => continue,
            },
        };
        history.push(other(&content));
        history.extend(answer_to(&events[index..], recorded.position.no).map(own));
    }
    history
}

/// The answer to the text with this number, which stands somewhere behind it.
fn answer_to<'a>(events: &[&'a Recorded], no: i64) -> Option<&'a str> {
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
    events: &[&Recorded],
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
            event if recorded.position.no == about => {
                message = told(event).unwrap_or_default();
                return (history, message);
            }
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
