//! What must hold when all is quiet.

use std::collections::BTreeMap;

use switchboard_domain::{
    nouns::{Event, Lane, Recorded, Session, SessionKind},
    ports::find,
};

use super::{
    agent::transcript,
    people::{Following, People},
    shadow::{Shadow, is_last},
    world::{World, at_once},
};

/// Whether this follower saw all there is.
pub fn has_caught_up(shadow: &Shadow, follower: &Following) -> bool {
    let head = shadow.heads.get(&follower.session.stream());
    follower.cursor == Some(head.map_or(0, |head| head.no))
}

/// Checks all that must hold at the end.
pub fn check(world: &World) {
    let shadow = world.shadow.lock().unwrap();
    let people = world.people.lock().unwrap();
    for id in &shadow.lanes {
        let lane: Option<Lane> = at_once(find(&*world.store, id.as_str())).unwrap();
        let at_rest = lane.is_none_or(|lane| lane.is_idle() && lane.life.is_none());
        world.require(at_rest, || format!("{id} is held or waits for ever"));
    }
    for (which, follower) in people.followers.iter().enumerate() {
        world.require(has_caught_up(&shadow, follower), || {
            format!("follower {which} is behind, at {:?}", follower.cursor)
        });
    }
    for session in shadow.sessions.values() {
        let events = transcript(world, session);
        check_stream(world, session, &events);
        check_texts(world, &people, session, &events);
        match session.kind {
            SessionKind::HumanAgent => check_answers(world, session, &events),
            SessionKind::AgentAgent => check_rounds(world, session, &events),
        }
    }
}

fn check_stream(world: &World, session: &Session, events: &[Recorded]) {
    let id = &session.id;
    let numbered = (1..).zip(events).all(|(no, event)| event.position.no == no);
    world.require(numbered, || format!("{id} has gaps"));
    let later = events
        .windows(2)
        .all(|pair| pair[0].position.at < pair[1].position.at);
    world.require(later, || format!("the times of {id} do not grow"));
    let last = events.iter().position(|event| is_last(&event.event));
    // A session that expired may be deleted still.
    let behind = last.map_or(&[][..], |last| &events[last + 1..]);
    let over = behind.len() <= 1 && behind.iter().all(|event| is_last(&event.event));
    world.require(over, || format!("{id} goes on behind its end"));
}

/// What was acknowledged is there, once and in its place; nothing is there twice.
fn check_texts(world: &World, people: &People, session: &Session, events: &[Recorded]) {
    let mut places: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for recorded in events {
        if let Event::Text(text) = &recorded.event
            && let Some(name) = &text.client_id
        {
            places.entry(name).or_default().push(recorded.position.no);
        }
    }
    for (name, places) in &places {
        world.require(places.len() == 1, || {
            format!("{name} stands in {} at {places:?}", session.id)
        });
    }
    let of_session = people
        .texts
        .iter()
        .filter(|((id, _), _)| *id == session.id.as_str());
    for ((_, name), said) in of_session {
        let Some(no) = said.no else { continue };
        let there = places.get(name.as_str()) == Some(&vec![no])
            && events.iter().any(|event| {
                event.position.no == no
                    && matches!(&event.event, Event::Text(text) if text.content == said.content)
            });
        world.require(there, || format!("{name} is not at {no} of {}", session.id));
    }
}

/// Each text of a person has one answer, or one failure, or a stop behind it.
fn check_answers(world: &World, session: &Session, events: &[Recorded]) {
    for recorded in events {
        if !matches!(recorded.event, Event::Text(_)) {
            continue;
        }
        let no = recorded.position.no;
        let answers = events
            .iter()
            .filter(|event| event.event.concludes() == Some(no))
            .count();
        let stopped = events.iter().any(|event| {
            event.position.no > no
                && (matches!(event.event, Event::Stop { .. }) || is_last(&event.event))
        });
        world.require(answers == 1 || (answers == 0 && stopped), || {
            format!("text {no} of {} has {answers} answers", session.id)
        });
    }
}

/// Each round between agents ends with one stop or one failure, and nobody speaks outside of one.
fn check_rounds(world: &World, session: &Session, events: &[Recorded]) {
    let id = &session.id;
    let mut runs = false;
    for recorded in events {
        let no = recorded.position.no;
        let event = &recorded.event;
        if is_last(event) {
            runs = false;
            continue;
        }
        match event {
            Event::Text(_) => runs = true,
            Event::Response(_) | Event::Cooldown { .. } => {
                world.require(runs, || format!("{no} of {id} is outside of a round"));
            }
            Event::Stop { .. } | Event::Failed { .. } => {
                world.require(runs, || format!("{no} of {id} ends no round"));
                runs = false;
            }
            _ => {}
        }
    }
    world.require(!runs, || format!("the last round of {id} does not end"));
}
