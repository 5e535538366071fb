//! Messages between registered agents, outside of sessions.

use super::{read::visible, register::owned};
use crate::{app::Switchboard, queue, rates::Rate, sessions::require_chat};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    ids::{AgentId, LaneId, MessageId, StreamId},
    nouns::{
        Agent, AgentErrand, Event, InteractionMode, Lane, Object, Position, Principal, Recorded,
        Text, Work,
    },
    ports::{About, Change, NewDelivery, Page, Write, WriteError, find},
    text::storable,
};

/// How many messages one page has at most.
const PAGE_MAX: usize = 1000;
/// How many messages of one user may wait for one agent.
const WAITING_MAX: i64 = 100;
/// How many bytes of messages one page has at most, unless it has one message only.
const PAGE_BYTES: usize = 4 << 20;

/// A message to send.
#[derive(Debug)]
pub struct NewAgentMessage {
    /// The agent that it is for.
    pub receiver: String,
    /// What it says.
    pub content: String,
    /// Data that travels with it.
    pub structured: Option<Object>,
    /// What the sender attached.
    pub metadata: Object,
}

/// A message that is on disk.
#[derive(Debug)]
pub struct SentMessage {
    /// The message.
    pub message: MessageId,
    /// The sender.
    pub sender: AgentId,
    /// The receiver.
    pub receiver: AgentId,
    /// Where it stands among the receiver's messages.
    pub position: Position,
}

/// Sends a message from an agent of the caller's to any agent that the caller may use. The answer
/// comes back to the sender as a message, and goes no further: two agents never loop.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] when the sender is another owner's, the receiver not
/// shared, or one of them takes no messages from agents; [`Error::RateLimited`].
pub async fn message(
    caller: &Principal,
    app: &Arc<Switchboard>,
    sender: &str,
    new: NewAgentMessage,
) -> Result<SentMessage> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    let sender = owned(caller, app, sender).await?;
    let receiver = visible(caller, app, &new.receiver).await?;
    check_mode(&sender)?;
    check_mode(&receiver)?;
    let message = MessageId::from_uuid(app.ports.uuid());
    let lane = LaneId::errands(receiver.id, caller.user());
    check_lane(app, &lane).await?;
    let write = deliver(caller, app, &message, (sender.id, receiver.id), new);
    let receipt = match queue::commit(app, write.unchanged(receiver.clone())).await {
        Err(WriteError::Refused(_)) => return Err(Error::NotFound("Agent")),
        result => result?,
    };
    let (_, position) = *receipt
        .appended
        .first()
        .ok_or_else(|| Error::Internal("no position".to_owned()))?;
    Ok(SentMessage {
        message,
        sender: sender.id,
        receiver: receiver.id,
        position,
    })
}

/// What came to an agent of the caller's, after a cursor.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for another owner's.
pub async fn messages(
    caller: &Principal,
    app: &Switchboard,
    id: &str,
    after: i64,
    limit: usize,
) -> Result<Vec<Recorded>> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    let agent = owned(caller, app, id).await?;
    let page = Page::After {
        after,
        limit: limit.clamp(1, PAGE_MAX),
        bytes: PAGE_BYTES,
    };
    Ok(app
        .ports
        .store
        .events(&StreamId::agent(agent.id), page)
        .await?)
}

/// A user's messages to one agent wait in a lane with an end.
async fn check_lane(app: &Switchboard, lane: &LaneId) -> Result<()> {
    let lane = find::<Lane>(&*app.ports.store, lane.as_str()).await?;
    if lane.is_some_and(|lane| lane.next_no - lane.head_no >= WAITING_MAX) {
        return Err(Error::QuotaExceeded(format!(
            "{WAITING_MAX} of your messages wait for this agent; wait for its answers"
        )));
    }
    Ok(())
}

fn check_mode(agent: &Agent) -> Result<()> {
    if agent
        .interaction_modes
        .contains(&InteractionMode::AgentToAgent)
    {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "{} does not talk with agents (its interaction_modes lack agent_to_agent)",
        agent.id
    )))
}

fn deliver(
    caller: &Principal,
    app: &Switchboard,
    message: &MessageId,
    (sender, receiver): (AgentId, AgentId),
    new: NewAgentMessage,
) -> Write {
    let content = storable(&new.content).into_owned();
    let text = Text {
        message: message.clone(),
        sender: sender.to_string(),
        receiver: receiver.to_string(),
        content: content.clone(),
        origin: None,
        client_id: None,
        structured: new.structured.clone(),
        metadata: new.metadata,
    };
    let errand = AgentErrand {
        sender,
        receiver,
        message: message.clone(),
        content,
        structured: new.structured,
    };
    let delivery = NewDelivery {
        lane: LaneId::errands(receiver, caller.user()),
        agent: receiver.to_string(),
        user: caller.user().clone(),
        work: Work::Errand(errand),
        about: About::LastAppended,
        only_if_idle: false,
        claim: app.queue.claimant(),
    };
    Write::new()
        .append(StreamId::agent(receiver), Event::Text(text))
        .change(Change::Enqueue(delivery))
}
