//! Changing agents.

use super::{
    create::{Linked, NewMember, TRIES, check_acting, create, in_options, link},
    grants,
    read::{AgentEntry, Estate, agent, own},
    schedule,
};
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    ids::AgentId,
    nouns::{Agent, FailureOrder, Object, Principal, RetryPolicy, Schedule, WorkflowAgent},
    ports::{Change, Signal, Topic, Write, WriteError},
};

/// What is to change of an agent; none where it stays.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Its name.
    pub name: Option<String>,
    /// Its options, whole.
    pub options: Option<Object>,
    /// When it checks by itself.
    pub schedule: Option<Schedule>,
    /// How failed calls are tried again; `Some(None)` for what its type says.
    pub retry: Option<Option<RetryPolicy>>,
    /// What waits behind a call that failed.
    pub failure_order: Option<FailureOrder>,
    /// How long its messages are kept, in seconds.
    pub keep_messages_for: Option<i64>,
    /// Whether it is sent all credentials.
    pub all_credentials: Option<bool>,
    /// Credentials that it is sent besides those that its options name.
    pub credentials: Option<Vec<String>>,
    /// Whether it is not called.
    pub is_disabled: Option<bool>,
    /// Whether what waits for it is dropped first.
    pub drop_pending: bool,
    /// What it is linked to.
    pub links: Linked,
}

/// Changes an agent of the caller's.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Fields`] for links to what is not the caller's.
pub async fn edit(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: AgentId,
    edit: Edit,
) -> Result<AgentEntry> {
    let kind = app.types.get(&own(caller, app, id).await?.kind);
    if let (Some(rules), Some(options)) =
        (kind.as_ref().and_then(|kind| kind.rules()), &edit.options)
    {
        rules.validate(options).map_err(in_options)?;
    }
    check_acting(caller, edit.options.as_ref())?;
    for _ in 0..TRIES {
        let estate = Estate::of(caller, app).await?;
        let write = build(app, &estate, id, &edit)?;
        match queue::commit(app, write).await {
            Ok(_) => {
                app.bells.checks.notify_one();
                if edit.drop_pending {
                    forget_set_aside(app, id).await?;
                }
                return agent(caller, app, id).await;
            }
            Err(WriteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "Others change the same agent; try again".to_owned(),
    ))
}

fn build(app: &Switchboard, estate: &Estate, id: AgentId, edit: &Edit) -> Result<Write> {
    let missing = || Error::NotFound("Agent");
    let was = estate.setups.iter().find(|setup| setup.id == id);
    let was = was.ok_or_else(missing)?;
    let agent = estate.agents.get(&id).ok_or_else(missing)?;
    let mut now = changed(was, edit);
    if let Some(is_disabled) = edit.is_disabled {
        let since = now.disabled_at.or(Some(app.ports.now()));
        now.disabled_at = since.filter(|_| is_disabled);
    }
    let mut write = Write::new().unchanged(was.clone());
    if let Some(name) = edit.name.as_ref().filter(|name| **name != agent.name) {
        let name = name.clone();
        write = write.unchanged(agent.clone()).put(Agent {
            name,
            ..agent.clone()
        });
    }
    if edit.drop_pending {
        write = write.change(Change::Cancel(now.lane()));
    }
    if now != *was {
        now.updated_at = app.ports.now();
        write = write.put(now.clone());
        write = switched(app, was, &now, write);
    }
    if edit.links.is_empty() {
        return Ok(write);
    }
    link(estate, &now, &edit.links, write)
}

/// Adds to a write what follows from other settings.
pub(super) fn switched(
    app: &Switchboard,
    was: &WorkflowAgent,
    now: &WorkflowAgent,
    mut write: Write,
) -> Write {
    let switched = was.is_enabled() != now.is_enabled();
    if switched || was.schedule != now.schedule {
        write = schedule::plan(app, now, write);
    }
    match (switched, now.is_enabled()) {
        (true, true) => write.change(Change::Resume(now.lane())),
        (true, false) => write.change(Change::Pause(now.lane())),
        _ => write,
    }
}

fn changed(was: &WorkflowAgent, edit: &Edit) -> WorkflowAgent {
    let mut now = was.clone();
    if let Some(options) = &edit.options {
        now.options.clone_from(options);
        now.grants.implied = grants::implied(options);
    }
    if let Some(schedule) = &edit.schedule {
        now.schedule = Some(schedule.clone());
    }
    now.retry = edit.retry.unwrap_or(now.retry);
    now.failure_order = edit.failure_order.unwrap_or(now.failure_order);
    now.keep_messages_for = edit.keep_messages_for.or(now.keep_messages_for);
    now.grants.all = edit.all_credentials.unwrap_or(now.grants.all);
    if let Some(credentials) = &edit.credentials {
        now.grants.named.clone_from(credentials);
    }
    now
}

impl Linked {
    fn is_empty(&self) -> bool {
        let all = [
            &self.sources,
            &self.receivers,
            &self.control_targets,
            &self.controllers,
        ];
        all.iter().all(|side| side.is_none())
    }
}

/// Discards what waits for an agent, also what was set aside. What it works on is broken off.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn drop_pending(caller: &Principal, app: &Arc<Switchboard>, id: AgentId) -> Result<()> {
    let agent = own(caller, app, id).await?;
    let write = Write::new().change(Change::Cancel(agent.lane()));
    queue::commit(app, write).await?;
    app.ports
        .bus
        .publish(&Topic::Cancels, Signal::Cancelled(agent.lane()));
    forget_set_aside(app, id).await
}

async fn forget_set_aside(app: &Switchboard, id: AgentId) -> Result<()> {
    let lane = switchboard_domain::ids::LaneId::agent(id);
    for dead in app.ports.store.dead_in(&lane, usize::MAX >> 1).await? {
        if dead.retry_at.is_some() {
            let (lane, no) = (lane.clone(), dead.delivery.no);
            let forget = Write::new().change(Change::Forget { lane, no });
            app.ports.store.commit(forget).await?;
        }
    }
    Ok(())
}

/// Makes a copy of an agent of the caller's, with its links and without its memory.
///
/// # Errors
/// [`Error::NotFound`]; as for making an agent.
pub async fn copy(caller: &Principal, app: &Arc<Switchboard>, id: AgentId) -> Result<AgentEntry> {
    let original = agent(caller, app, id).await?;
    let estate = Estate::of(caller, app).await?;
    let taken = |name: &String| estate.agents.values().any(|agent| agent.name == *name);
    // One more than there are names is free in any case.
    let name = (2..=estate.agents.len() + 2)
        .map(|n| format!("{} ({n})", original.agent.name))
        .find(|name| !taken(name));
    let AgentEntry { setup, links, .. } = original;
    let new = NewMember {
        kind: setup.kind,
        name: name.unwrap_or_default(),
        options: Some(setup.options),
        schedule: setup.schedule,
        retry: setup.retry,
        failure_order: setup.failure_order,
        keep_messages_for: setup.keep_messages_for,
        all_credentials: setup.grants.all,
        credentials: setup.grants.named,
        is_disabled: setup.disabled_at.is_some(),
        links: Linked {
            sources: Some(original.sources),
            receivers: Some(links.receivers),
            control_targets: Some(links.control_targets),
            controllers: Some(original.controllers),
        },
    };
    let copied = create(caller, app, new).await?;
    // What was not implied for the original is not for its copy.
    let mut restricted = copied.setup.clone();
    restricted.grants.implied = setup.grants.implied;
    if restricted != copied.setup {
        let write = Write::new().unchanged(copied.setup).put(restricted);
        app.ports.store.commit(write).await?;
    }
    agent(caller, app, copied.agent.id).await
}
