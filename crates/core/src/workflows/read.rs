//! Reading agents and messages.

use super::{
    issues::{Issue, issues},
    require_workflows,
};
use crate::app::Switchboard;
use std::collections::HashMap;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{AgentId, EmittedId},
    nouns::{Agent, Event, Links, Object, Principal, Recorded, Stream, WorkflowAgent},
    ports::{Page, Query, find, list as query},
};

/// How many messages are told at once at most.
pub const MESSAGES_MAX: usize = 1000;
/// How many bytes of messages are read at once.
const PAGE_BYTES: usize = 8 << 20;

/// An agent in workflows, as its owner sees it.
#[derive(Debug, Clone)]
pub struct AgentEntry {
    /// What is known of every agent.
    pub agent: Agent,
    /// How it works in workflows.
    pub setup: WorkflowAgent,
    /// Its links.
    pub links: Links,
    /// Whose messages it receives.
    pub sources: Vec<AgentId>,
    /// Which agents control it.
    pub controllers: Vec<AgentId>,
    /// How many messages of it are kept.
    pub messages_count: i64,
    /// What is wrong with it.
    pub issues: Vec<Issue>,
}

/// A message, as its owner sees it.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// Its id.
    pub id: EmittedId,
    /// When it was emitted.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// What it says.
    pub payload: Object,
}

/// All that a user has, as it is stored.
pub(super) struct Estate {
    pub(super) agents: HashMap<AgentId, Agent>,
    pub(super) setups: Vec<WorkflowAgent>,
    pub(super) links: HashMap<AgentId, Links>,
}

impl Estate {
    pub(super) async fn of(caller: &Principal, app: &Switchboard) -> Result<Self> {
        let (store, owner) = (&*app.ports.store, caller.user());
        let (mine, links) = (
            Query::WorkflowAgentsOf(owner.clone()),
            Query::LinksOf(owner.clone()),
        );
        let visible = Query::AgentsVisibleTo(owner.clone());
        let (setups, links, agents) = futures::try_join!(
            query::<WorkflowAgent>(store, &mine),
            query::<Links>(store, &links),
            query::<Agent>(store, &visible)
        )?;
        let own = agents.into_iter().filter(|agent| agent.owner == *owner);
        Ok(Self {
            agents: own.map(|agent| (agent.id, agent)).collect(),
            setups,
            links: links.into_iter().map(|links| (links.id, links)).collect(),
        })
    }

    pub(super) fn links(&self, setup: &WorkflowAgent) -> Links {
        let links = self.links.get(&setup.id).cloned();
        links.unwrap_or_else(|| super::hop::no_links(setup))
    }

    fn linked(&self, to: AgentId, which: impl Fn(&Links) -> &Vec<AgentId>) -> Vec<AgentId> {
        let linked = self
            .links
            .values()
            .filter(|links| which(links).contains(&to));
        let mut linked: Vec<AgentId> = linked.map(|links| links.id).collect();
        linked.sort_unstable();
        linked
    }

    pub(super) async fn entry(
        &self,
        app: &Switchboard,
        setup: &WorkflowAgent,
    ) -> Result<Option<AgentEntry>> {
        let Some(agent) = self.agents.get(&setup.id) else {
            return Ok(None);
        };
        let stream: Option<Stream> = find(&*app.ports.store, setup.messages().as_str()).await?;
        Ok(Some(AgentEntry {
            agent: agent.clone(),
            links: self.links(setup),
            sources: self.linked(setup.id, |links| &links.receivers),
            controllers: self.linked(setup.id, |links| &links.control_targets),
            issues: issues(app, setup, stream.as_ref()).await?,
            messages_count: stream.map_or(0, |stream| stream.count()),
            setup: setup.clone(),
        }))
    }
}

/// The caller's agents, newest first.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope.
pub async fn agents(caller: &Principal, app: &Switchboard) -> Result<Vec<AgentEntry>> {
    require_workflows(caller)?;
    let estate = Estate::of(caller, app).await?;
    let mut entries = Vec::with_capacity(estate.setups.len());
    for setup in estate.setups.iter().rev() {
        entries.extend(estate.entry(app, setup).await?);
    }
    Ok(entries)
}

/// One of the caller's agents.
///
/// # Errors
/// [`Error::NotFound`], also for another owner's.
pub async fn agent(caller: &Principal, app: &Switchboard, id: AgentId) -> Result<AgentEntry> {
    require_workflows(caller)?;
    let estate = Estate::of(caller, app).await?;
    let setup = estate.setups.iter().find(|setup| setup.id == id);
    let setup = setup.ok_or(Error::NotFound("Agent"))?;
    let entry = estate.entry(app, setup).await?;
    entry.ok_or(Error::NotFound("Agent"))
}

/// What an agent's owner calls it.
pub(super) async fn name_of(app: &Switchboard, setup: &WorkflowAgent) -> Result<String> {
    let agent: Option<Agent> = find(&*app.ports.store, setup.id.0.to_string()).await?;
    Ok(agent.map(|agent| agent.name).unwrap_or_default())
}

/// How one of the caller's agents is set up.
pub(super) async fn own(
    caller: &Principal,
    app: &Switchboard,
    id: AgentId,
) -> Result<WorkflowAgent> {
    require_workflows(caller)?;
    let found: Option<WorkflowAgent> = find(&*app.ports.store, id.0.to_string()).await?;
    found
        .filter(|agent| agent.owner == *caller.user())
        .ok_or(Error::NotFound("Agent"))
}

/// The newest messages of one of the caller's agents, newest first; those emitted after this time.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn messages(
    caller: &Principal,
    app: &Switchboard,
    id: AgentId,
    after: Option<Timestamp>,
    limit: usize,
) -> Result<Vec<MessageView>> {
    let agent = own(caller, app, id).await?;
    let limit = limit.min(MESSAGES_MAX);
    let (mut found, mut up_to) = (Vec::new(), i64::MAX);
    while found.len() < limit {
        let page = Page::UpTo {
            no: up_to,
            limit: limit - found.len(),
            bytes: PAGE_BYTES,
        };
        let events = app.ports.store.events(&agent.messages(), page).await?;
        let Some(first) = events.first() else { break };
        up_to = first.position.no - 1;
        let is_new = |event: &&Recorded| after.is_none_or(|after| event.position.at > after);
        let read = events.len();
        let views = events.iter().rev().take_while(is_new);
        let before = found.len();
        found.extend(views.filter_map(|event| view(app, &agent, event.clone())));
        if found.len() - before < read && after.is_some() {
            break;
        }
    }
    Ok(found)
}

/// One message of the caller's agents.
///
/// # Errors
/// [`Error::NotFound`], also for one that expired.
pub async fn message(caller: &Principal, app: &Switchboard, id: EmittedId) -> Result<MessageView> {
    let missing = Error::NotFound("Message");
    let agent = match own(caller, app, id.agent()).await {
        Err(Error::NotFound(_)) => return Err(missing),
        agent => agent?,
    };
    let found = super::message::find_message(app, agent.id, id.no()).await?;
    found
        .and_then(|found| view(app, &agent, found))
        .ok_or(missing)
}

/// A message, unless it expired.
fn view(app: &Switchboard, agent: &WorkflowAgent, event: Recorded) -> Option<MessageView> {
    let created_at = event.position.at;
    let expires_at = agent.expires_at(created_at);
    if expires_at.is_some_and(|expires_at| expires_at <= app.ports.now()) {
        return None;
    }
    let Event::Emitted { payload } = event.event else {
        return None;
    };
    Some(MessageView {
        id: EmittedId::new(agent.id, event.position.no),
        created_at,
        expires_at,
        payload,
    })
}
