//! What is done to agents by hand: checks, memory, logs, messages.

use super::{
    controls::check,
    create::TRIES,
    hop::{needs, no_links},
    message::find_message,
    outcome::emit,
    read::own,
};
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{AgentId, EmittedId, StreamId},
    nouns::{Event, Links, LogLevel, Memory, Object, Principal, Stream, WorkflowAgent},
    ports::{Change, Key, Page, Signal, Topic, Write, WriteError, find},
};

/// How many events go at once when many do.
const SLICE: i64 = 500;
/// How many bytes of a log are read at once.
const LOG_BYTES: usize = 16 << 20;

/// A line of an agent's log.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// How serious it is.
    pub level: LogLevel,
    /// What it says.
    pub text: String,
    /// The message that was received, if one was.
    pub message: Option<EmittedId>,
}

/// Lets an agent of the caller's check now, or as soon as it is its turn.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn run_check(caller: &Principal, app: &Arc<Switchboard>, id: AgentId) -> Result<()> {
    let agent = own(caller, app, id).await?;
    let write = Write::new()
        .unchanged(agent.clone())
        .change(check(app, &agent, true))
        .read(needs(id, &agent.owner));
    queue::commit(app, write).await?;
    Ok(())
}

/// What an agent of the caller's remembers.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn memory(caller: &Principal, app: &Switchboard, id: AgentId) -> Result<Object> {
    let agent = own(caller, app, id).await?;
    memory_of(app, &agent).await
}

pub(super) async fn memory_of(app: &Switchboard, agent: &WorkflowAgent) -> Result<Object> {
    let memory: Option<Memory> = find(&*app.ports.store, memory_key(agent)).await?;
    Ok(memory.map(|memory| memory.value).unwrap_or_default())
}

pub(super) fn memory_key(agent: &WorkflowAgent) -> String {
    Memory::key(&agent.id.to_string(), &agent.lane())
}

/// Replaces what an agent of the caller's remembers. A call that is under way is made anew with it,
/// so that its answer does not bring back the old.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_memory(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: AgentId,
    value: Object,
) -> Result<()> {
    let agent = own(caller, app, id).await?;
    let write = Write::new().unchanged(agent.clone()).put(Memory {
        id: memory_key(&agent),
        agent: id.to_string(),
        lane: agent.lane(),
        value,
    });
    interrupt(app, &agent, write).await
}

/// Lets an agent of the caller's forget.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn erase_memory(caller: &Principal, app: &Arc<Switchboard>, id: AgentId) -> Result<()> {
    let agent = own(caller, app, id).await?;
    let gone = Change::Remove(Key::of::<Memory>(memory_key(&agent)));
    let write = Write::new().unchanged(agent.clone()).change(gone);
    interrupt(app, &agent, write).await
}

async fn interrupt(app: &Arc<Switchboard>, agent: &WorkflowAgent, write: Write) -> Result<()> {
    queue::commit(app, write.change(Change::Interrupt(agent.lane()))).await?;
    app.ports
        .bus
        .publish(&Topic::Cancels, Signal::Cancelled(agent.lane()));
    Ok(())
}

/// The newest lines of the log of an agent of the caller's, newest first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn log(caller: &Principal, app: &Switchboard, id: AgentId) -> Result<Vec<LogLine>> {
    own(caller, app, id).await?;
    let page = Page::UpTo {
        no: i64::MAX,
        limit: usize::try_from(app.settings.limits.log_lines).unwrap_or(usize::MAX),
        bytes: LOG_BYTES,
    };
    let events = app.ports.store.events(&StreamId::log(id), page).await?;
    let lines = events.into_iter().rev().filter_map(|event| {
        let Event::Logged {
            level,
            text,
            message,
        } = event.event
        else {
            return None;
        };
        Some(LogLine {
            at: event.position.at,
            level,
            text,
            message,
        })
    });
    Ok(lines.collect())
}

/// Empties the log of an agent of the caller's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn clear_log(caller: &Principal, app: &Switchboard, id: AgentId) -> Result<()> {
    own(caller, app, id).await?;
    purge(app, &StreamId::log(id), i64::MAX).await
}

/// Deletes the messages that an agent of the caller's emitted so far. Deliveries of them that still
/// wait find nothing, and are done.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete_messages(caller: &Principal, app: &Switchboard, id: AgentId) -> Result<()> {
    let agent = own(caller, app, id).await?;
    purge(app, &agent.messages(), i64::MAX).await
}

/// Lets the events of a stream go that are there now, up to this number, in slices.
pub(super) async fn purge(app: &Switchboard, id: &StreamId, up_to: i64) -> Result<()> {
    let stream: Option<Stream> = find(&*app.ports.store, id.as_str()).await?;
    let Some(stream) = stream else { return Ok(()) };
    let last = up_to.min(stream.last_no);
    let mut done = stream.purged_no;
    while done < last {
        done = done.saturating_add(SLICE).min(last);
        let (stream, up_to) = (id.clone(), done);
        let purge = Change::Purge { stream, up_to };
        app.ports.store.commit(Write::new().change(purge)).await?;
    }
    app.recent.forget(id);
    Ok(())
}

/// Emits a message in the name of an agent of the caller's, and gives its id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn emit_by_hand(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: AgentId,
    payload: Object,
) -> Result<EmittedId> {
    let agent = own(caller, app, id).await?;
    let kind = app.types.get(&agent.kind);
    let rules = kind.as_ref().and_then(|kind| kind.rules());
    let written = rules.and_then(|rules| rules.written(&payload, app.ports.now()));
    let payloads = match written {
        Some(payloads) => payloads.map_err(Error::Fields)?,
        None => vec![payload],
    };
    emit_all(app, &agent, &payloads).await
}

/// Emits a message of the caller's agents once more, and gives the id of the new one.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn emit_again(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: EmittedId,
) -> Result<EmittedId> {
    let missing = || Error::NotFound("Message");
    let agent = match own(caller, app, id.agent()).await {
        Err(Error::NotFound(_)) => return Err(missing()),
        agent => agent?,
    };
    let found = find_message(app, agent.id, id.no()).await?;
    match found.map(|found| found.event) {
        Some(Event::Emitted { payload }) => emit_all(app, &agent, &[payload]).await,
        _ => Err(missing()),
    }
}

/// Emits messages for an agent, outside of its calls, and gives the id of the last.
pub(super) async fn emit_all(
    app: &Arc<Switchboard>,
    agent: &WorkflowAgent,
    payloads: &[Object],
) -> Result<EmittedId> {
    for _ in 0..TRIES {
        let links: Option<Links> = find(&*app.ports.store, agent.id.0.to_string()).await?;
        let links = links.unwrap_or_else(|| no_links(agent));
        let write = Write::new().unchanged(agent.clone());
        let write = emit(app, agent, &links, write, payloads.iter().cloned());
        match queue::commit(app, write).await {
            Ok(receipt) => {
                let no = receipt.appended.last().map_or(0, |(_, at)| at.no);
                return Ok(EmittedId::new(agent.id, no));
            }
            Err(WriteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "Others change the same agent; try again".to_owned(),
    ))
}
