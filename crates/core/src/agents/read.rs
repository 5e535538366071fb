//! Reading agents: lists, status, search.

use crate::{
    app::{Switchboard, id_or_not_found},
    rates::Rate,
    sessions::{self, require_chat},
    types::BY_TYPE,
};
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::AgentId,
    nouns::{Agent, Meter, Principal, Session, SessionStatus},
    ports::{self, ProviderInfo, Query, find},
};

/// How many agents a search gives at most.
const SEARCH_MAX: usize = 50;

/// What an agent is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It can be called.
    Active,
    /// It has used up its tokens for this minute; until then.
    Cooldown(Timestamp),
    /// It cannot be called: its session is over, or its provider is gone.
    Inactive,
}

/// An agent as its users see it.
#[derive(Debug)]
pub struct AgentView {
    /// The agent.
    pub agent: ViewedAgent,
    /// What it is doing.
    pub status: Status,
    /// When it last answered, or was made.
    pub last_active: Timestamp,
    /// How many calls it answered.
    pub message_count: i64,
    /// In how many of the caller's active sessions it has a place.
    pub active_conversations: usize,
    /// Whether it is the caller's own.
    pub is_owned: bool,
}

/// A page of a list.
#[derive(Debug)]
pub struct AgentPage {
    /// The agents of the page.
    pub views: Vec<AgentView>,
    /// How many there are on all pages.
    pub total: usize,
    /// How many of those are the caller's own.
    pub owned: usize,
}

/// A registered agent, or one that has a place in a session only.
#[derive(Debug)]
pub enum ViewedAgent {
    /// Registered.
    Registered(Box<Agent>),
    /// At this place of the session.
    InSession(Box<Session>, usize),
}

/// The providers that can be used.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope.
pub fn providers(caller: &Principal, app: &Switchboard) -> Result<Vec<ProviderInfo>> {
    require_chat(caller)?;
    Ok(app.runtimes.usable().cloned().collect())
}

/// The agents that the caller may see, by id: those with a higher number than `after`, and of them at most `limit`.
///
/// # Errors
/// [`Error::RateLimited`].
pub async fn list(
    caller: &Principal,
    app: &Switchboard,
    after: i64,
    limit: usize,
) -> Result<AgentPage> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    let query = Query::AgentsVisibleTo(caller.user().clone());
    let agents: Vec<Agent> = ports::list(&*app.ports.store, &query).await?;
    let (total, own) = (agents.len(), |agent: &&Agent| agent.owner == *caller.user());
    let owned = agents.iter().filter(own).count();
    let page = agents.into_iter().filter(|agent| agent.id.0 > after);
    Ok(AgentPage {
        views: view_all(caller, app, page.take(limit)).await?,
        total,
        owned,
    })
}

/// The agents that the caller may see and that match, best first.
///
/// # Errors
/// [`Error::RateLimited`].
pub async fn search(caller: &Principal, app: &Switchboard, text: &str) -> Result<Vec<AgentView>> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    let query = Query::AgentsMatching {
        user: caller.user().clone(),
        text: text.to_owned(),
        limit: SEARCH_MAX,
    };
    let agents: Vec<Agent> = ports::list(&*app.ports.store, &query).await?;
    view_all(caller, app, agents).await
}

/// One agent: a registered one by its id, or one of a session of the caller's by its id there.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for one that is not shared with the caller.
pub async fn status(caller: &Principal, app: &Switchboard, id: &str) -> Result<AgentView> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    if let Some((session, place)) = Session::parse_agent_id(id) {
        return in_session(caller, app, session.as_str(), place).await;
    }
    let agent = visible(caller, app, id).await?;
    let active = active_sessions(caller, app).await?;
    view(caller, app, agent, &active).await
}

/// A registered agent that the caller may see and use.
pub(crate) async fn visible(caller: &Principal, app: &Switchboard, id: &str) -> Result<Agent> {
    let id: AgentId = id_or_not_found(id, "Agent")?;
    let agent: Agent = find(&*app.ports.store, id.0.to_string())
        .await?
        .ok_or(Error::NotFound("Agent"))?;
    if agent.is_visible_to(caller.user()) {
        return Ok(agent);
    }
    Err(Error::Forbidden(
        "Not authorized to access this agent".to_owned(),
    ))
}

async fn view_all(
    caller: &Principal,
    app: &Switchboard,
    agents: impl IntoIterator<Item = Agent>,
) -> Result<Vec<AgentView>> {
    let active = active_sessions(caller, app).await?;
    let mut views = Vec::new();
    for agent in agents {
        views.push(view(caller, app, agent, &active).await?);
    }
    Ok(views)
}

async fn active_sessions(caller: &Principal, app: &Switchboard) -> Result<Vec<Session>> {
    let query = Query::Sessions {
        owner: caller.user().clone(),
        status: Some(SessionStatus::Active),
        limit: usize::MAX >> 1,
    };
    Ok(ports::list(&*app.ports.store, &query).await?)
}

async fn view(
    caller: &Principal,
    app: &Switchboard,
    agent: Agent,
    active: &[Session],
) -> Result<AgentView> {
    let meter = find::<Meter>(&*app.ports.store, agent.id.to_string()).await?;
    let takes_part = |session: &&Session| {
        session
            .agents
            .iter()
            .any(|seat| seat.registered == Some(agent.id))
    };
    Ok(AgentView {
        status: status_of(app, &agent.provider, &agent.model, meter.as_ref()),
        last_active: meter
            .as_ref()
            .map_or(agent.created_at, |meter| meter.last_at),
        message_count: meter.map_or(0, |meter| meter.calls),
        active_conversations: active.iter().filter(takes_part).count(),
        is_owned: agent.owner == *caller.user(),
        agent: ViewedAgent::Registered(Box::new(agent)),
    })
}

async fn in_session(
    caller: &Principal,
    app: &Switchboard,
    session: &str,
    place: usize,
) -> Result<AgentView> {
    let session = sessions::not_deleted(caller, app, session).await?;
    let seat = session.agents.get(place).ok_or(Error::NotFound("Agent"))?;
    let id = seat
        .registered
        .map_or_else(|| session.agent_id(place), |id| id.to_string());
    let meter = find::<Meter>(&*app.ports.store, id).await?;
    let active = session.status == SessionStatus::Active;
    Ok(AgentView {
        status: if active {
            status_of(app, &seat.provider, &seat.model, meter.as_ref())
        } else {
            Status::Inactive
        },
        last_active: meter
            .as_ref()
            .map_or(session.created_at, |meter| meter.last_at),
        message_count: meter.map_or(0, |meter| meter.calls),
        active_conversations: usize::from(active),
        is_owned: true,
        agent: ViewedAgent::InSession(Box::new(session), place),
    })
}

fn status_of(app: &Switchboard, provider: &str, model: &str, meter: Option<&Meter>) -> Status {
    let callable = provider == crate::runtimes::REGISTERED
        || (provider == BY_TYPE && app.types.get(model).is_some())
        || app
            .runtimes
            .get(provider)
            .is_some_and(|(info, _)| info.usable);
    if !callable {
        return Status::Inactive;
    }
    let per_minute = app.settings.limits.tokens_per_minute;
    meter
        .and_then(|meter| meter.cooldown(per_minute, app.ports.now()))
        .map_or(Status::Active, Status::Cooldown)
}
