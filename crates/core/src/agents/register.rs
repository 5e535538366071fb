//! Registering and unregistering agents.

use crate::{
    actions,
    app::{Switchboard, id_or_not_found},
    rates::Rate,
    retry::optimistic,
    sessions::require_chat,
    types::BY_TYPE,
    workflows,
};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ids::{AgentId, StreamId},
    nouns::{Agent, Event, InteractionMode, Object, Principal, Sharing},
    ports::{Change, Key, Query, Write, find, list},
};

/// How many agents a user may have.
const AGENTS_MAX: usize = 200;

/// An agent to register.
#[derive(Debug)]
pub struct NewAgent {
    /// What the owner calls it.
    pub name: String,
    /// The provider that runs it.
    pub provider: String,
    /// The model; none for the provider's default.
    pub model: Option<String>,
    /// What it says it can do.
    pub capabilities: Vec<String>,
    /// Where it may be used; empty for everywhere.
    pub interaction_modes: Vec<InteractionMode>,
    /// Its instructions.
    pub personality: Option<String>,
    /// What the owner attached.
    pub metadata: Object,
    /// Who else may use it.
    pub shared: Sharing,
}

/// Registers an agent for the caller.
///
/// # Errors
/// [`Error::Fields`] for an unknown provider; [`Error::Invalid`] for one without a key;
/// [`Error::RateLimited`].
pub async fn register(caller: &Principal, app: &Switchboard, new: NewAgent) -> Result<Agent> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    if new.provider == crate::runtimes::REGISTERED {
        let message =
            "an agent is registered with the provider that runs it, not with another agent";
        return Err(FieldError::value(&["provider"], message, new.provider.into()).into());
    }
    check_places(caller, app).await?;
    let (_, model) = app
        .runtimes
        .choose(&new.provider, new.model.as_deref(), &["provider"])?;
    let interaction_modes = if new.interaction_modes.is_empty() {
        InteractionMode::ALL.to_vec()
    } else {
        new.interaction_modes
    };
    actions::check_options(caller, &new.metadata)
        .map_err(|error| actions::within("metadata", error))?;
    let agent = Agent {
        id: next_id(caller, app).await?,
        name: new.name,
        owner: caller.user().clone(),
        provider: new.provider,
        model,
        capabilities: new.capabilities,
        interaction_modes,
        personality: new.personality,
        metadata: new.metadata,
        shared: new.shared,
        created_at: app.ports.now(),
    };
    let write = Write::new().absent(agent_key(agent.id)).put(agent.clone());
    app.ports.store.commit(write).await?;
    Ok(agent)
}

async fn check_places(caller: &Principal, app: &Switchboard) -> Result<()> {
    let query = Query::AgentsVisibleTo(caller.user().clone());
    let visible: Vec<Agent> = list(&*app.ports.store, &query).await?;
    if visible
        .iter()
        .filter(|agent| agent.owner == *caller.user() && agent.provider != BY_TYPE)
        .count()
        < AGENTS_MAX
    {
        return Ok(());
    }
    Err(Error::QuotaExceeded(format!(
        "You have {AGENTS_MAX} agents, which is the limit; unregister one with DELETE"
    )))
}

/// Unregisters an agent of the caller's. Messages that wait for it, and sessions in which it has a
/// place, are answered with an error from then on.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for another owner's.
pub async fn unregister(caller: &Principal, app: &Arc<Switchboard>, id: &str) -> Result<AgentId> {
    require_chat(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    let agent = owned(caller, app, id).await?;
    if agent.provider == BY_TYPE {
        workflows::delete(caller, app, agent.id).await?;
        return Ok(agent.id);
    }
    let build = || async move {
        let agent = owned(caller, app, id).await?;
        let write = Write::new()
            .unchanged(agent.clone())
            .change(Change::Remove(agent_key(agent.id)));
        Ok((agent.id, write))
    };
    let (id, _) = optimistic(&*app.ports.store, build).await?;
    Ok(id)
}

/// An agent of the caller's own.
pub(super) async fn owned(caller: &Principal, app: &Switchboard, id: &str) -> Result<Agent> {
    let id: AgentId = id_or_not_found(id, "Agent")?;
    let agent: Agent = find(&*app.ports.store, id.0.to_string())
        .await?
        .ok_or(Error::NotFound("Agent"))?;
    if agent.owner == *caller.user() {
        return Ok(agent);
    }
    Err(Error::Forbidden(
        "Not authorized to access this agent".to_owned(),
    ))
}

fn agent_key(id: AgentId) -> Key {
    Key::of::<Agent>(id.0.to_string())
}

/// Takes the next number. A crash in between leaves a number unused and nothing else.
pub(crate) async fn next_id(caller: &Principal, app: &Switchboard) -> Result<AgentId> {
    let event = Event::AgentRegistered {
        owner: caller.user().clone(),
    };
    let receipt = app
        .ports
        .store
        .commit(Write::new().append(StreamId::agents(), event))
        .await?;
    let (_, position) = receipt
        .appended
        .first()
        .ok_or_else(|| Error::Internal("no number".to_owned()))?;
    Ok(AgentId(position.no))
}
