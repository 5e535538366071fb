//! Creating a session.

use super::{end, read::require_chat};
use crate::{
    actions, agents, app::Switchboard, dialogue, metrics, queue, rates::Rate, retry::optimistic,
    runtimes::REGISTERED,
};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ids::{AgentId, SessionId, StreamId},
    nouns::{
        DefinedBy, Event, InteractionMode, Lane, Notice, Object, Principal, Session, SessionAgent,
        SessionKind, SessionStatus, Stream,
    },
    ports::{Guard, Key, Query, Receipt, Write, find, list},
};

/// A session to create.
#[derive(Debug)]
pub struct NewSession {
    /// Who talks.
    pub kind: SessionKind,
    /// The agents, in their order.
    pub agents: Vec<NewSessionAgent>,
    /// The interaction modes; empty for the one that the kind needs.
    pub interaction_modes: Vec<InteractionMode>,
    /// What the client attached.
    pub metadata: Object,
    /// The text that opens the dialogue at once, if there is one.
    pub opening: Option<String>,
}

/// An agent's place in a session to create.
#[derive(Debug)]
pub struct NewSessionAgent {
    /// The key under which the client named it.
    pub key: String,
    /// A provider, or `agent` for a registered agent.
    pub provider: String,
    /// A model of the provider, or the id of the registered agent.
    pub model: Option<String>,
    /// What it is said to be able to do.
    pub capabilities: Vec<String>,
    /// Its instructions.
    pub personality: Option<String>,
    /// What the client attached.
    pub metadata: Object,
}

/// Creates a session for the caller.
///
/// # Errors
/// [`Error::Fields`] for a wrong number of agents, an unknown provider or agent, or a mode that does
/// not allow it; [`Error::Invalid`] for a provider without a key; [`Error::QuotaExceeded`] when the
/// caller has too many active sessions and none of them is idle; [`Error::RateLimited`].
pub async fn create(
    caller: &Principal,
    app: &Arc<Switchboard>,
    new: NewSession,
) -> Result<Session> {
    require_chat(caller)?;
    app.rates
        .check(Rate::SessionCreate, caller.user().as_str())?;
    check_shape(&new)?;
    check_acting(caller, &new.metadata)?;
    let mut places = Vec::with_capacity(new.agents.len());
    for agent in &new.agents {
        places.push(place(caller, app, new.kind, agent).await?);
    }
    let session = build(caller, app, &new, places);
    let opening = new.opening.as_deref();
    let (ended, mut receipt) = store(app, &session, opening).await?;
    metrics::session_created();
    app.session_created.notify_one();
    for session in &ended {
        metrics::session_ended(metrics::End::Replaced);
        end::announce(app, session);
    }
    queue::take_up(app, &mut receipt);
    Ok(session)
}

/// Whether the metadata say in order what the client brings, and what may be done without asking.
fn check_acting(caller: &Principal, metadata: &Object) -> Result<()> {
    let check = || {
        actions::of_options(metadata, DefinedBy::Client)?;
        actions::check_said(caller, &actions::read_said(metadata)?)
    };
    check().map_err(|error| actions::within("metadata", error))
}

fn check_shape(new: &NewSession) -> Result<()> {
    let expected = new.kind.agents();
    if new.agents.len() != expected {
        let message = match new.kind {
            SessionKind::HumanAgent => "a human_agent session has exactly one agent",
            SessionKind::AgentAgent => "an agent_agent session has exactly two agents",
        };
        return Err(FieldError::value(&["agents"], message, new.agents.len().into()).into());
    }
    if !new.interaction_modes.is_empty() && !new.interaction_modes.contains(&new.kind.mode()) {
        let message = format!(
            "this kind of session needs the mode `{}`",
            new.kind.mode().as_str()
        );
        return Err(
            FieldError::value(&["interaction_modes"], message, serde_json::Value::Null).into(),
        );
    }
    Ok(())
}

async fn place(
    caller: &Principal,
    app: &Switchboard,
    kind: SessionKind,
    new: &NewSessionAgent,
) -> Result<SessionAgent> {
    let (model, registered) = if new.provider == REGISTERED {
        let agent = registered_agent(caller, app, kind, new).await?;
        (agent.to_string(), Some(agent))
    } else {
        let path = ["agents", new.key.as_str(), "provider"];
        (
            app.runtimes
                .choose(&new.provider, new.model.as_deref(), &path)?
                .1,
            None,
        )
    };
    Ok(SessionAgent {
        key: new.key.clone(),
        provider: new.provider.clone(),
        model,
        capabilities: new.capabilities.clone(),
        personality: new.personality.clone(),
        metadata: new.metadata.clone(),
        registered,
    })
}

async fn registered_agent(
    caller: &Principal,
    app: &Switchboard,
    kind: SessionKind,
    new: &NewSessionAgent,
) -> Result<AgentId> {
    let path = ["agents", new.key.as_str(), "model"];
    let given = new.model.clone().unwrap_or_default();
    let agent = agents::visible(caller, app, &given)
        .await
        .map_err(|error| match error {
            Error::NotFound(_) | Error::Forbidden(_) => FieldError::value(
                &path,
                "no registered agent with this id that you may use",
                given.clone().into(),
            )
            .into(),
            other => other,
        })?;
    if !agent.interaction_modes.contains(&kind.mode()) {
        let message = format!(
            "this agent does not take part in `{}`",
            kind.mode().as_str()
        );
        return Err(FieldError::value(&path, message, given.into()).into());
    }
    Ok(agent.id)
}

fn build(
    caller: &Principal,
    app: &Switchboard,
    new: &NewSession,
    agents: Vec<SessionAgent>,
) -> Session {
    let now = app.ports.now();
    let lifetime = app.settings.limits.session_lifetime_s;
    let modes = if new.interaction_modes.is_empty() {
        vec![new.kind.mode()]
    } else {
        new.interaction_modes.clone()
    };
    Session {
        id: SessionId::from_uuid(app.ports.uuid()),
        kind: new.kind,
        owner: caller.user().clone(),
        status: SessionStatus::Active,
        created_at: now,
        expires_at: (lifetime > 0).then(|| now.plus_seconds(lifetime)),
        ended_at: None,
        agents,
        interaction_modes: modes,
        metadata: new.metadata.clone(),
    }
}

/// Stores the session in one write with the ends of those that make room for it. The user's stream
/// is the lock under which places are counted.
async fn store(
    app: &Switchboard,
    session: &Session,
    opening: Option<&str>,
) -> Result<(Vec<Session>, Receipt)> {
    let places = &StreamId::user(&session.owner);
    let build = || async move {
        let mut write = Write::new();
        if app.settings.limits.sessions_per_user > 0 {
            let head = find::<Stream>(&*app.ports.store, places.as_str()).await?;
            let head = head.map_or(0, |stream| stream.last_no);
            write = write.guard(Guard::At(places.clone(), head));
        }
        let ended = make_room(app, session).await?;
        for Idle {
            session: over,
            lane,
        } in &ended
        {
            // A text that comes meanwhile moves the lane, and then there is room to be made anew.
            write = match lane {
                Some(lane) => write.unchanged(lane.clone()),
                None => write.absent(Key::of::<Lane>(over.id.as_str())),
            };
            let content = "The session was ended to make room for a newer one";
            let farewell = Event::System {
                notice: Notice::SessionReplaced,
                content: content.to_owned(),
            };
            write = end::over(app, write, over, SessionStatus::Ended, farewell);
        }
        write = write.put(session.clone());
        write = write.append(
            places.clone(),
            Event::SessionCreated {
                session: session.id.clone(),
            },
        );
        if let Some(opening) = opening {
            write = dialogue::open_round(app, write, session, opening);
        }
        Ok((ended.into_iter().map(|idle| idle.session).collect(), write))
    };
    optimistic(&*app.ports.store, build).await
}

/// A session in which nothing runs, with its lane as it was read.
struct Idle {
    session: Session,
    lane: Option<Lane>,
}

/// The sessions to end so that there is room for one more: the oldest that nobody is connected to
/// and in which nothing runs.
async fn make_room(app: &Switchboard, new: &Session) -> Result<Vec<Idle>> {
    let limit = app.settings.limits.sessions_per_user;
    if limit == 0 {
        return Ok(Vec::new());
    }
    let query = Query::Sessions {
        owner: new.owner.clone(),
        status: Some(SessionStatus::Active),
        limit: usize::MAX >> 1,
    };
    let active: Vec<Session> = list(&*app.ports.store, &query).await?;
    let mut needed = (active.len() + 1).saturating_sub(limit);
    let mut idle = Vec::new();
    for session in active {
        if needed == 0 {
            break;
        }
        let lane = find::<Lane>(&*app.ports.store, session.id.as_str()).await?;
        let runs = lane.as_ref().is_some_and(|lane| !lane.is_idle());
        if !runs && !app.presence.is_connected(&session.id) {
            idle.push(Idle { session, lane });
            needed -= 1;
        }
    }
    if needed > 0 {
        return Err(Error::QuotaExceeded(format!(
            "You have {limit} active sessions, and all are in use; end one with DELETE"
        )));
    }
    Ok(idle)
}
