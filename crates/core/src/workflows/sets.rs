//! Workflows: named sets of agents.

use super::{
    create::TRIES,
    edit::{Edit, edit},
    life::{clear_log, delete_messages, erase_memory},
    read::{AgentEntry, Estate},
    remove, require_workflows,
};
use crate::app::Switchboard;
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ids::{AgentId, StreamId, WorkflowId},
    nouns::{Event, Principal, Workflow},
    ports::{Change, Key, Query, Write, WriteError, find, list as query},
};

/// How many workflows a user may have.
const WORKFLOWS_MAX: usize = 500;

/// A workflow with its agents.
#[derive(Debug, Clone)]
pub struct WorkflowView {
    /// The workflow.
    pub workflow: Workflow,
    /// Its agents, by id.
    pub agents: Vec<AgentEntry>,
}

/// What a workflow is to be; none where it stays.
#[derive(Debug, Clone, Default)]
pub struct WorkflowEdit {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The colour of its tag's text.
    pub tag_fg_color: Option<String>,
    /// The colour of its tag.
    pub tag_bg_color: Option<String>,
    /// The name of its picture.
    pub icon: Option<String>,
    /// Its agents.
    pub agents: Option<Vec<AgentId>>,
}

/// What becomes of the agents when their workflow is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// They are kept.
    Kept,
    /// Those that are in no other workflow are deleted.
    DeletedIfAlone,
    /// All are deleted.
    Deleted,
}

/// The caller's workflows, by id.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope.
pub async fn workflows(caller: &Principal, app: &Switchboard) -> Result<Vec<Workflow>> {
    require_workflows(caller)?;
    let mine = Query::WorkflowsOf(caller.user().clone());
    Ok(query(&*app.ports.store, &mine).await?)
}

/// One of the caller's workflows.
///
/// # Errors
/// [`Error::NotFound`], also for another owner's.
pub async fn workflow(
    caller: &Principal,
    app: &Switchboard,
    id: WorkflowId,
) -> Result<WorkflowView> {
    let workflow = own(caller, app, id).await?;
    let estate = Estate::of(caller, app).await?;
    let mut agents = Vec::new();
    let members = |id: &AgentId| workflow.agents.contains(id);
    for setup in estate.setups.iter().filter(|setup| members(&setup.id)) {
        agents.extend(estate.entry(app, setup).await?);
    }
    Ok(WorkflowView { workflow, agents })
}

pub(super) async fn own(caller: &Principal, app: &Switchboard, id: WorkflowId) -> Result<Workflow> {
    require_workflows(caller)?;
    let found: Option<Workflow> = find(&*app.ports.store, id.0.to_string()).await?;
    found
        .filter(|workflow| workflow.owner == *caller.user())
        .ok_or(Error::NotFound("Workflow"))
}

/// Makes a workflow for the caller.
///
/// # Errors
/// [`Error::Fields`] without a name, or for agents that are not the caller's; [`Error::QuotaExceeded`].
pub async fn create_workflow(
    caller: &Principal,
    app: &Arc<Switchboard>,
    new: WorkflowEdit,
) -> Result<WorkflowView> {
    if workflows(caller, app).await?.len() >= WORKFLOWS_MAX {
        return Err(Error::QuotaExceeded(format!(
            "You have {WORKFLOWS_MAX} workflows, which is the limit; delete one"
        )));
    }
    check_agents(caller, app, new.agents.as_deref()).await?;
    let now = app.ports.now();
    let mut workflow = Workflow {
        id: next_id(caller, app).await?,
        owner: caller.user().clone(),
        name: String::new(),
        description: None,
        guid: app.ports.random.uuid(now).simple().to_string(),
        tag_fg_color: None,
        tag_bg_color: None,
        icon: None,
        agents: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    apply(&mut workflow, new);
    let id = workflow.id;
    let write = Write::new()
        .absent(Key::of::<Workflow>(id.0.to_string()))
        .put(workflow);
    app.ports.store.commit(write).await?;
    self::workflow(caller, app, id).await
}

/// Takes the next number. A crash in between leaves a number unused and nothing else.
pub(super) async fn next_id(caller: &Principal, app: &Switchboard) -> Result<WorkflowId> {
    let event = Event::WorkflowMade {
        owner: caller.user().clone(),
    };
    let write = Write::new().append(StreamId::workflows(), event);
    let receipt = app.ports.store.commit(write).await?;
    let (_, position) = receipt
        .appended
        .first()
        .ok_or_else(|| Error::Internal("no number".to_owned()))?;
    Ok(WorkflowId(position.no))
}

fn apply(workflow: &mut Workflow, edit: WorkflowEdit) {
    let WorkflowEdit {
        name,
        description,
        tag_fg_color,
        tag_bg_color,
        icon,
        agents,
    } = edit;
    workflow.name = name.unwrap_or_else(|| workflow.name.clone());
    for (member, given) in [
        (&mut workflow.description, description),
        (&mut workflow.tag_fg_color, tag_fg_color),
        (&mut workflow.tag_bg_color, tag_bg_color),
        (&mut workflow.icon, icon),
    ] {
        if given.is_some() {
            *member = given;
        }
    }
    if let Some(mut agents) = agents {
        agents.sort_unstable();
        agents.dedup();
        workflow.agents = agents;
    }
}

async fn check_agents(
    caller: &Principal,
    app: &Switchboard,
    agents: Option<&[AgentId]>,
) -> Result<()> {
    let Some(agents) = agents else { return Ok(()) };
    let estate = Estate::of(caller, app).await?;
    match agents.iter().find(|id| !estate.has(**id)) {
        Some(id) => {
            let message = "there is no such agent of yours";
            Err(FieldError::value(&["agents"], message, id.0.into()).into())
        }
        None => Ok(()),
    }
}

/// Changes a workflow of the caller's.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Fields`] for agents that are not the caller's.
pub async fn edit_workflow(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: WorkflowId,
    edit: WorkflowEdit,
) -> Result<WorkflowView> {
    check_agents(caller, app, edit.agents.as_deref()).await?;
    change(caller, app, id, |workflow| apply(workflow, edit.clone())).await?;
    workflow(caller, app, id).await
}

async fn change(
    caller: &Principal,
    app: &Switchboard,
    id: WorkflowId,
    change: impl Fn(&mut Workflow),
) -> Result<()> {
    for _ in 0..TRIES {
        let was = own(caller, app, id).await?;
        let mut workflow = was.clone();
        change(&mut workflow);
        if workflow == was {
            return Ok(());
        }
        workflow.updated_at = app.ports.now();
        match app
            .ports
            .store
            .commit(Write::new().unchanged(was).put(workflow))
            .await
        {
            Ok(_) => return Ok(()),
            Err(WriteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "Others change the same workflow; try again".to_owned(),
    ))
}

/// Takes an agent out of a workflow of the caller's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn leave(
    caller: &Principal,
    app: &Switchboard,
    id: WorkflowId,
    agent: AgentId,
) -> Result<()> {
    if !own(caller, app, id).await?.agents.contains(&agent) {
        return Err(Error::NotFound("Agent"));
    }
    change(caller, app, id, |workflow| {
        workflow.agents.retain(|other| *other != agent);
    })
    .await
}

/// Enables or disables all agents of a workflow of the caller's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn switch_workflow(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: WorkflowId,
    is_disabled: bool,
) -> Result<()> {
    for agent in own(caller, app, id).await?.agents {
        let switch = Edit {
            is_disabled: Some(is_disabled),
            ..Edit::default()
        };
        if_there(edit(caller, app, agent, switch).await)?;
    }
    Ok(())
}

/// Deletes the messages and logs of all agents of a workflow of the caller's, and their memories too
/// if asked.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn reset_workflow(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: WorkflowId,
    with_memory: bool,
) -> Result<()> {
    for agent in own(caller, app, id).await?.agents {
        if_there(delete_messages(caller, app, agent).await)?;
        if_there(clear_log(caller, app, agent).await)?;
        if with_memory {
            if_there(erase_memory(caller, app, agent).await)?;
        }
    }
    Ok(())
}

/// Deletes a workflow of the caller's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete_workflow(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: WorkflowId,
    fate: Fate,
) -> Result<()> {
    let workflow = own(caller, app, id).await?;
    let others = workflows(caller, app).await?;
    let is_elsewhere = |agent: &AgentId| {
        let mut others = others.iter().filter(|other| other.id != id);
        others.any(|other| other.agents.contains(agent))
    };
    for agent in &workflow.agents {
        let goes = match fate {
            Fate::Kept => false,
            Fate::DeletedIfAlone => !is_elsewhere(agent),
            Fate::Deleted => true,
        };
        if goes {
            if_there(remove::delete(caller, app, *agent).await)?;
        }
    }
    let gone = Change::Remove(Key::of::<Workflow>(id.0.to_string()));
    app.ports.store.commit(Write::new().change(gone)).await?;
    Ok(())
}

/// An agent that was deleted meanwhile needs nothing.
fn if_there<T>(result: Result<T>) -> Result<()> {
    match result {
        Ok(_) | Err(Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
