//! Somebody says something in a session.

use super::turn;
use crate::{app::Switchboard, queue, rates::Rate};
use std::sync::Arc;
use switchboard_domain::text::storable;
use switchboard_domain::{
    Error, Result,
    ids::{ConnectionId, MessageId},
    nouns::{ChatTurn, Event, Object, Position, Principal, Session, SessionKind, Text, Work},
    ports::{About, Change, Guard, NewDelivery, Refusal, Write, WriteError},
};

/// A text to say.
#[derive(Debug, Default)]
pub struct NewText {
    /// What.
    pub content: String,
    /// As whom; counts only between agents, and only together with `receiver`.
    pub sender: Option<String>,
    /// To whom.
    pub receiver: Option<String>,
    /// The client's own name for this text: the same again is not stored twice.
    pub client_id: Option<String>,
    /// Data that travels with it.
    pub structured: Option<Object>,
    /// What the client attached.
    pub metadata: Object,
    /// The connection it came by.
    pub origin: Option<ConnectionId>,
}

/// A text that is on disk.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    /// Where in the transcript it stands.
    pub position: Position,
    /// Whether it stood there already: the client said it before.
    pub repeated: bool,
}

/// Says something in a session of the caller's. When this returns, the text is on disk, and the
/// delivery that leads to its answer with it.
///
/// # Errors
/// [`Error::Forbidden`] for another owner's session; [`Error::RateLimited`]; [`Error::Conflict`] when
/// the session is over; [`Error::QuotaExceeded`] when it holds as many messages as it may.
pub async fn say(
    caller: &Principal,
    app: &Arc<Switchboard>,
    session: &Session,
    text: NewText,
) -> Result<Said> {
    crate::sessions::require_owner(caller, session)?;
    app.rates.check(Rate::Texts, caller.user().as_str())?;
    check_lifetime(app, session)?;
    let dedup = text.client_id.clone();
    let (text, answerer) = address(app, session, text);
    let limit = app.settings.limits.messages_per_session;
    let mut write = Write::new()
        .guard(Guard::Active(session.id.clone()))
        .read(turn::needs(session, answerer));
    if limit > 0 {
        write = write.guard(Guard::Below(session.stream(), limit));
    }
    let write = write
        .change(Change::Append {
            stream: session.stream(),
            event: Event::Text(text),
            dedup,
        })
        .change(Change::Enqueue(NewDelivery {
            claim: app.queue.claimant(),
            ..first_turn(session, answerer)
        }));
    match queue::commit(app, write).await {
        Ok(receipt) => {
            let (_, position) = *receipt
                .appended
                .first()
                .ok_or_else(|| Error::Internal("no position".to_owned()))?;
            Ok(Said {
                position,
                repeated: false,
            })
        }
        Err(WriteError::Refused(Refusal::Duplicate(position))) => Ok(Said {
            position,
            repeated: true,
        }),
        Err(WriteError::Refused(Refusal::NotActive(_))) => {
            Err(Error::Conflict("The session is over".to_owned()))
        }
        Err(WriteError::Refused(Refusal::Full(_))) => Err(Error::QuotaExceeded(format!(
            "The session holds {limit} messages, which is the limit; create a new one to go on"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Adds to a write the text that opens a dialogue without anybody connected.
pub fn open_round(app: &Switchboard, write: Write, session: &Session, opening: &str) -> Write {
    let text = NewText {
        content: opening.to_owned(),
        ..NewText::default()
    };
    let (text, answerer) = address(app, session, text);
    write
        .append(session.stream(), Event::Text(text))
        .change(Change::Enqueue(first_turn(session, answerer)))
}

fn check_lifetime(app: &Switchboard, session: &Session) -> Result<()> {
    if session.expires_at.is_some_and(|at| at <= app.ports.now()) {
        return Err(Error::Conflict("The session is over".to_owned()));
    }
    Ok(())
}

/// Who says it to whom, and the place of the agent that answers.
fn address(app: &Switchboard, session: &Session, new: NewText) -> (Text, usize) {
    let (sender, receiver) = match (session.kind, new.sender, new.receiver) {
        (SessionKind::HumanAgent, _, _) => (session.human_id(), session.agent_id(0)),
        (SessionKind::AgentAgent, Some(sender), Some(receiver)) => (sender, receiver),
        (SessionKind::AgentAgent, _, _) => (session.agent_id(0), session.agent_id(1)),
    };
    let other_than_sender = || match session.place_of(&sender) {
        Some(place) => session.agents.len() - 1 - place,
        None => session.agents.len() - 1,
    };
    let answerer = session
        .place_of(&receiver)
        .unwrap_or_else(other_than_sender);
    let text = Text {
        message: MessageId::from_uuid(app.ports.uuid()),
        sender,
        receiver,
        content: storable(&new.content).into_owned(),
        origin: new.origin,
        client_id: new.client_id,
        structured: new.structured,
        metadata: new.metadata,
    };
    (text, answerer)
}

/// The delivery that a text leads to. Between agents it opens a round, unless one runs already.
fn first_turn(session: &Session, place: usize) -> NewDelivery {
    NewDelivery {
        lane: session.lane(),
        agent: session.agent_id(place),
        user: session.owner.clone(),
        work: Work::Chat(ChatTurn {
            round: 0,
            place,
            turns: vec![0; session.agents.len()],
        }),
        about: About::LastAppended,
        only_if_idle: session.kind == SessionKind::AgentAgent,
        claim: None,
    }
}
