//! Workflow files, in: matched by guids, all or nothing.

use super::{
    create::{AGENTS_MAX, TRIES, as_agent, store, user_number},
    edit::switched,
    export::{FAILURE_ORDER, RETRY},
    grants,
    read::Estate,
    require_workflows,
    sets::{WorkflowView, next_id, workflow, workflows},
};
use crate::{actions, agents, app::Switchboard, queue};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ids::{AgentId, StreamId, WorkflowId},
    nouns::{
        Agent, Event, FailureOrder, FileAgent, Grants, Links, Principal, RetryPolicy, Stream,
        Workflow, WorkflowAgent, WorkflowFile,
    },
    ports::{Guard, Key, Write, WriteError, find},
};

/// Takes in a workflow file: makes what is not there, changes what is, and leaves what is as the file
/// says. Options that come this way imply no credentials. Agents of unknown types wait for them.
///
/// # Errors
/// [`Error::Fields`] says what is wrong with the file; [`Error::QuotaExceeded`].
pub async fn import(
    caller: &Principal,
    app: &Arc<Switchboard>,
    text: &str,
) -> Result<WorkflowView> {
    require_workflows(caller)?;
    let file = WorkflowFile::parse(text).map_err(|bad| {
        let path: Vec<&str> = bad.path.iter().map(String::as_str).collect();
        Error::from(FieldError::value(&path, bad.what, serde_json::Value::Null))
    })?;
    for (index, agent) in file.agents.iter().enumerate() {
        let checked = actions::check_file(&agent.options);
        checked.map_err(|error| {
            let at = ["options", &index.to_string(), "agents"];
            at.into_iter()
                .fold(error, |error, member| actions::within(member, error))
        })?;
    }
    let extras = file
        .agents
        .iter()
        .map(Extras::of)
        .collect::<Result<Vec<_>>>()?;
    let mut numbers = Numbers::default();
    for _ in 0..TRIES {
        let plan = Plan::make(caller, app, &file, &mut numbers).await?;
        let Some((id, write)) = plan.write(app, &file, &extras) else {
            return workflow(caller, app, plan.workflow_id()).await;
        };
        match queue::commit(app, write).await {
            Ok(_) => {
                app.bells.checks.notify_one();
                return workflow(caller, app, id).await;
            }
            Err(WriteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "Others change the same workflow; try again".to_owned(),
    ))
}

/// What a file says of an agent in `switchboard`.
struct Extras {
    retry: Option<RetryPolicy>,
    failure_order: FailureOrder,
}

impl Extras {
    fn of(agent: &FileAgent) -> Result<Self> {
        Ok(Self {
            retry: read(agent, RETRY)?,
            failure_order: read(agent, FAILURE_ORDER)?.unwrap_or_default(),
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(agent: &FileAgent, name: &str) -> Result<Option<T>> {
    let value = agent.more.get(name).cloned();
    let read = value.map(serde_json::from_value).transpose();
    read.map_err(|error| {
        let path = ["agents", &agent.guid, "switchboard", name];
        FieldError::value(&path, error.to_string(), serde_json::Value::Null).into()
    })
}

/// Ids that were taken for what is new; kept when the write has to be built anew.
#[derive(Default)]
struct Numbers {
    user: Option<i64>,
    workflow: Option<WorkflowId>,
    agents: HashMap<String, AgentId>,
}

/// What is there, and which ids what is new gets.
struct Plan {
    estate: Estate,
    owner: switchboard_domain::ids::Username,
    user: i64,
    was: Option<Workflow>,
    new_workflow: Option<WorkflowId>,
    /// The agents of the file, in its order.
    ids: Vec<AgentId>,
    /// How often this user's imports made something.
    imports: i64,
}

/// The stream whose head tells whether another import of the same user came in between.
fn imports(owner: &switchboard_domain::ids::Username) -> StreamId {
    StreamId::from_key(format!("imports:{owner}"))
}

impl Plan {
    async fn make(
        caller: &Principal,
        app: &Switchboard,
        file: &WorkflowFile,
        numbers: &mut Numbers,
    ) -> Result<Self> {
        let owner = caller.user().clone();
        // First, so that nothing that is read after it can be missed.
        let stream: Option<Stream> = find(&*app.ports.store, imports(&owner).as_str()).await?;
        let estate = Estate::of(caller, app).await?;
        let was = workflows(caller, app).await?.into_iter();
        let was = was.into_iter().find(|workflow| workflow.guid == file.guid);
        let by_guid: HashMap<&str, AgentId> = estate
            .setups
            .iter()
            .map(|setup| (setup.guid.as_str(), setup.id))
            .collect();
        let new = file
            .agents
            .iter()
            .filter(|agent| !by_guid.contains_key(&*agent.guid));
        if new.count() + estate.setups.len() > AGENTS_MAX {
            return Err(Error::QuotaExceeded(format!(
                "With this file you would have more than {AGENTS_MAX} agents, which is the limit"
            )));
        }
        let mut ids = Vec::with_capacity(file.agents.len());
        for agent in &file.agents {
            let known = by_guid
                .get(&*agent.guid)
                .or(numbers.agents.get(&agent.guid));
            ids.push(if let Some(id) = known {
                *id
            } else {
                let id = agents::next_id(caller, app).await?;
                numbers.agents.insert(agent.guid.clone(), id);
                id
            });
        }
        let user = match numbers.user {
            Some(user) => user,
            None => *numbers.user.insert(user_number(app, &owner).await?),
        };
        if was.is_none() && numbers.workflow.is_none() {
            numbers.workflow = Some(next_id(caller, app).await?);
        }
        Ok(Self {
            owner,
            user,
            new_workflow: numbers.workflow.filter(|_| was.is_none()),
            was,
            ids,
            estate,
            imports: stream.map_or(0, |stream| stream.last_no),
        })
    }

    fn workflow_id(&self) -> WorkflowId {
        let id = self.was.as_ref().map(|was| was.id).or(self.new_workflow);
        id.unwrap_or(WorkflowId(0))
    }

    /// The write, and the workflow that it is about; none if there is nothing to change.
    fn write(
        &self,
        app: &Switchboard,
        file: &WorkflowFile,
        extras: &[Extras],
    ) -> Option<(WorkflowId, Write)> {
        let mut write = Write::new();
        for ((id, agent), extras) in self.ids.iter().zip(&file.agents).zip(extras) {
            write = self.agent(app, *id, agent, extras, write);
        }
        write = self.links(file, write);
        write = self.workflow(app, file, write);
        if write.changes.is_empty() {
            return None;
        }
        let event = Event::WorkflowMade {
            owner: self.owner.clone(),
        };
        let stream = imports(&self.owner);
        let write = write
            .guard(Guard::At(stream.clone(), self.imports))
            .append(stream, event);
        Some((self.workflow_id(), write))
    }

    fn agent(
        &self,
        app: &Switchboard,
        id: AgentId,
        file: &FileAgent,
        extras: &Extras,
        write: Write,
    ) -> Write {
        let was = self.estate.setups.iter().find(|setup| setup.id == id);
        let Some(was) = was else {
            let setup = self.new_agent(app, id, file, extras);
            let added = store(app, &as_agent(&setup, file.name.clone()), &setup);
            return join(write, added);
        };
        let mut write = write;
        let agent = self.estate.agents.get(&id);
        if let Some(agent) = agent.filter(|agent| agent.name != file.name) {
            let name = file.name.clone();
            write = write.unchanged(agent.clone()).put(Agent {
                name,
                ..agent.clone()
            });
        }
        let mut now = was.clone();
        set(app, &mut now, file, extras);
        if now == *was {
            return write;
        }
        now.updated_at = app.ports.now();
        write = write.unchanged(was.clone()).put(now.clone());
        switched(app, was, &now, write)
    }

    fn new_agent(
        &self,
        app: &Switchboard,
        id: AgentId,
        file: &FileAgent,
        extras: &Extras,
    ) -> WorkflowAgent {
        let now = app.ports.now();
        WorkflowAgent {
            id,
            owner: self.owner.clone(),
            user: self.user,
            guid: file.guid.clone(),
            kind: file.kind.clone(),
            options: file.options.clone(),
            disabled_at: file.is_disabled.then_some(now),
            schedule: file.schedule.clone(),
            retry: extras.retry,
            failure_order: extras.failure_order,
            keep_messages_for: file.keep_messages_for,
            grants: Grants::default(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Among the agents of the file the links are as the file says; those to others stay.
    fn links(&self, file: &WorkflowFile, mut write: Write) -> Write {
        let members: HashSet<AgentId> = self.ids.iter().copied().collect();
        for (place, id) in self.ids.iter().enumerate() {
            let was = self.estate.links.get(id);
            let mut links = was.cloned().unwrap_or_else(|| Links {
                id: *id,
                owner: self.owner.clone(),
                receivers: Vec::new(),
                control_targets: Vec::new(),
            });
            self.point(&mut links.receivers, &members, &file.links, place);
            self.point(
                &mut links.control_targets,
                &members,
                &file.control_links,
                place,
            );
            if was == Some(&links) {
                continue;
            }
            write = match was {
                Some(was) => write.unchanged(was.clone()),
                None => write.absent(Key::of::<Links>(id.0.to_string())),
            };
            write = write.put(links);
        }
        write
    }

    fn point(
        &self,
        side: &mut Vec<AgentId>,
        members: &HashSet<AgentId>,
        links: &[(usize, usize)],
        from: usize,
    ) {
        let wanted: Vec<AgentId> = links
            .iter()
            .filter(|(source, _)| *source == from)
            .map(|(_, to)| self.ids[*to])
            .collect();
        let there: HashSet<AgentId> = side.iter().copied().collect();
        side.retain(|id| !members.contains(id) || wanted.contains(id));
        side.extend(wanted.into_iter().filter(|id| !there.contains(id)));
    }

    fn workflow(&self, app: &Switchboard, file: &WorkflowFile, write: Write) -> Write {
        let now = app.ports.now();
        let mut agents = self.ids.clone();
        agents.sort_unstable();
        let wanted = |id: WorkflowId, was: Option<&Workflow>| Workflow {
            id,
            owner: self.owner.clone(),
            name: file.name.clone(),
            description: file.description.clone(),
            guid: file.guid.clone(),
            tag_fg_color: file.tag_fg_color.clone(),
            tag_bg_color: file.tag_bg_color.clone(),
            icon: file.icon.clone(),
            agents,
            created_at: was.map_or(now, |was| was.created_at),
            updated_at: was.map_or(now, |was| was.updated_at),
        };
        let Some(was) = &self.was else {
            let id = self.workflow_id();
            let key = Key::of::<Workflow>(id.0.to_string());
            return write.absent(key).put(wanted(id, None));
        };
        let mut workflow = wanted(was.id, Some(was));
        if workflow == *was {
            return write;
        }
        workflow.updated_at = now;
        write.unchanged(was.clone()).put(workflow)
    }
}

/// Both writes as one.
fn join(mut write: Write, other: Write) -> Write {
    write.guards.extend(other.guards);
    write.changes.extend(other.changes);
    write.reads.extend(other.reads);
    write
}

/// Sets what the file says of an agent. Its type never changes.
fn set(app: &Switchboard, now: &mut WorkflowAgent, file: &FileAgent, extras: &Extras) {
    if now.options != file.options {
        now.options.clone_from(&file.options);
        grants::restrict(&mut now.grants, &now.options);
    }
    now.schedule.clone_from(&file.schedule);
    now.keep_messages_for = file.keep_messages_for;
    now.retry = extras.retry;
    now.failure_order = extras.failure_order;
    let since = now.disabled_at.or(Some(app.ports.now()));
    now.disabled_at = since.filter(|_| file.is_disabled);
}
