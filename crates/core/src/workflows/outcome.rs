//! What an answer does: all of it in one write with the acknowledgement, or none of it.

use super::{
    controls,
    hop::{Hop, needs, no_links},
};
use crate::{app::Switchboard, queue, spending};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::{EmittedId, StreamId},
    nouns::{
        Claimed, Event, FailureOrder, Links, LogLevel, Memory, Object, Outcome, Work, WorkflowAgent,
    },
    ports::{About, Change, Key, Kind, NewDelivery, Receipt, Refusal, Write, WriteError, find},
    text::{clip, storable},
};

/// The longest line of a log, in characters; what is longer is cut.
const LINE_MAX: usize = 10_000;

/// Commits what became of a call. Where the links changed since they were read, the write is made
/// anew from the new ones, without calling the agent again.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn commit_hop(
    app: &Arc<Switchboard>,
    claimed: &Claimed,
    mut hop: Hop,
) -> Result<Receipt> {
    loop {
        let mut write = write(app, claimed, &hop).await?;
        if let Some(acting) = &hop.acting {
            write = acting.join(app, write).await?;
        }
        match queue::try_outcome(app, claimed, write).await {
            Err(WriteError::Refused(Refusal::Changed(key) | Refusal::Exists(key))) => {
                if key.kind == Kind::Links {
                    let links = find::<Links>(&*app.ports.store, &*key.id).await?;
                    hop.links = links.unwrap_or_else(|| no_links(&hop.agent));
                }
            }
            Err(WriteError::Refused(_)) => return Ok(Receipt::default()),
            Ok(receipt) => {
                ring(app, &hop);
                return Ok(receipt);
            }
            Err(WriteError::Store(error)) => return Err(error.into()),
        }
    }
}

/// Tells the loops of what may be due earlier than they think.
fn ring(app: &Switchboard, hop: &Hop) {
    match &hop.answer {
        Ok(outcome) if !outcome.controls.is_empty() => app.bells.checks.notify_one(),
        Err(_) if hop.agent.failure_order == FailureOrder::Skip => {
            app.bells.set_aside.notify_one();
        }
        _ => {}
    }
}

async fn write(app: &Switchboard, claimed: &Claimed, hop: &Hop) -> Result<Write> {
    let own = needs(hop.agent.id, &hop.agent.owner);
    // Whoever emitted this message probably emitted the next one, too.
    let source = hop.message.map(|message| message.agent().0.to_string());
    let write = Write::new()
        .read(own)
        .read(source.map(Key::of::<WorkflowAgent>));
    match &hop.answer {
        Ok(outcome) => {
            let write = answered(app, claimed, hop, outcome, write);
            controls::apply(app, &hop.links, &outcome.controls, write).await
        }
        Err(why) => Ok(failed(app, claimed, hop, why, write)),
    }
}

fn answered(
    app: &Switchboard,
    claimed: &Claimed,
    hop: &Hop,
    outcome: &Outcome,
    mut write: Write,
) -> Write {
    let lane = &claimed.delivery.lane;
    let agent = hop.agent.id.to_string();
    if hop.kind.uses_tokens() {
        write = spending::count(write, &hop.agent.owner, &agent, None, lane, outcome);
    } else if let Some(value) = &outcome.memory {
        write = write.put(Memory {
            id: Memory::key(&agent, lane),
            agent,
            lane: lane.clone(),
            value: value.clone(),
        });
    }
    write = log(app, hop, write, &outcome.errors, &outcome.logs);
    let now = app.ports.now();
    let mut activity = hop.activity.clone();
    activity.failing_since = None;
    if hop.message.is_some() {
        activity.received_at = Some(now);
    } else {
        activity.checked_at = Some(now);
    }
    if !outcome.errors.is_empty() {
        activity.error_at = Some(now);
    }
    let (lane, claim) = (lane.clone(), app.queue.claimant());
    write = write.put(activity).change(Change::Finish { lane, claim });
    emit(app, &hop.agent, &hop.links, write, payloads(outcome))
}

/// What goes to linked agents: the messages, and what a model answered.
fn payloads(outcome: &Outcome) -> impl Iterator<Item = Object> {
    let said = outcome.replies.iter().map(|reply| {
        let text = storable(&reply.content).into_owned();
        Object::from_iter([("message".to_owned(), text.into())])
    });
    outcome.messages.iter().cloned().chain(said)
}

/// Adds messages to a write, with a delivery for each that is linked. The write stands only if the
/// links are as they were.
pub fn emit(
    app: &Switchboard,
    agent: &WorkflowAgent,
    links: &Links,
    mut write: Write,
    payloads: impl Iterator<Item = Object>,
) -> Write {
    let mut any = false;
    for payload in payloads {
        any = true;
        write = write.append(agent.messages(), Event::Emitted { payload });
        for receiver in &links.receivers {
            write = write.change(Change::Enqueue(NewDelivery {
                lane: switchboard_domain::ids::LaneId::agent(*receiver),
                agent: receiver.to_string(),
                user: agent.owner.clone(),
                work: Work::Receive { source: agent.id },
                about: About::LastAppended,
                only_if_idle: false,
                claim: app.queue.claimant(),
            }));
        }
    }
    if !any {
        return write;
    }
    let receivers = links.receivers.iter();
    let others = receivers.filter(|receiver| **receiver != agent.id);
    write = write.read(others.flat_map(|receiver| needs(*receiver, &agent.owner)));
    guard(links, write)
}

/// The write stands only if the links are as they were.
fn guard(links: &Links, write: Write) -> Write {
    if links.receivers.is_empty() && links.control_targets.is_empty() {
        // An agent without a record has no links either; and one whose record is gone is deleted,
        // which its lane tells.
        return write;
    }
    write.unchanged(links.clone())
}

fn log(
    app: &Switchboard,
    hop: &Hop,
    mut write: Write,
    errors: &[String],
    logs: &[String],
) -> Write {
    let stream = StreamId::log(hop.agent.id);
    let line = |level, text: &String| line(level, text, hop.message);
    let errors = errors.iter().map(|text| line(LogLevel::Error, text));
    let lines: Vec<Event> = errors
        .chain(logs.iter().map(|text| line(LogLevel::Info, text)))
        .collect();
    if lines.is_empty() {
        return write;
    }
    for line in lines {
        write = write.append(stream.clone(), line);
    }
    let keep = app.settings.limits.log_lines;
    write.change(Change::Trim { stream, keep })
}

fn line(level: LogLevel, text: &str, message: Option<EmittedId>) -> Event {
    let text = storable(text).into_owned();
    let text = match text.char_indices().nth(LINE_MAX) {
        Some((end, _)) => clip(text, end),
        None => text,
    };
    Event::Logged {
        level,
        text,
        message,
    }
}

/// A call that failed stores nothing but a line in the log, and is tried again or given up.
fn failed(app: &Switchboard, claimed: &Claimed, hop: &Hop, why: &str, write: Write) -> Write {
    let now = app.ports.now();
    let mut activity = hop.activity.clone();
    activity.error_at = Some(now);
    activity.failing_since = activity.failing_since.or(Some(now));
    let write = log(app, hop, write.put(activity), &[why.to_owned()], &[]);
    let policy = hop.agent.retry.or(hop.kind.retry);
    let failures = claimed.failures + 1;
    let lane = claimed.delivery.lane.clone();
    let pause = policy.unwrap_or_default().pause(failures);
    let ready_at =
        pause.map(|pause| now.plus_micros(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX)));
    let reason = || clip(storable(why).into_owned(), 1000);
    write.change(match (ready_at, hop.agent.failure_order) {
        (None, _) => Change::Bury {
            lane,
            reason: reason(),
        },
        (Some(ready_at), FailureOrder::Wait) => Change::Fail { lane, ready_at },
        (Some(retry_at), FailureOrder::Skip) => Change::SetAside {
            lane,
            reason: reason(),
            retry_at,
        },
    })
}
