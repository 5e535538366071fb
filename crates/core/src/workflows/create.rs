//! Making agents.

use super::{
    grants,
    read::{AgentEntry, Estate},
    require_workflows, schedule,
};
use crate::{
    actions,
    agents::next_id,
    app::Switchboard,
    types::{AgentType, PREFIX, Rules},
};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ids::{AgentId, StreamId, Username},
    nouns::{
        Agent, Event, FailureOrder, Grants, InteractionMode, Links, Object, Principal, RetryPolicy,
        Schedule, Sharing, When, WorkflowAgent,
    },
    ports::{Change, Key, Query, Refusal, Write, WriteError, list as query},
    text::clip,
};

/// How many agents in workflows a user may have.
pub const AGENTS_MAX: usize = 2000;
/// How many links an agent may have of each sort.
pub const LINKS_MAX: usize = 500;
/// The provider by which every door knows an agent that is run by its type.
pub use crate::types::BY_TYPE;

/// An agent to make.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// Its type, with or without the prefix.
    pub kind: String,
    /// What the owner calls it.
    pub name: String,
    /// Its options; none for those of its type.
    pub options: Option<Object>,
    /// When it checks by itself; none for what its type says.
    pub schedule: Option<Schedule>,
    /// How failed calls are tried again; none for what its type says.
    pub retry: Option<RetryPolicy>,
    /// What waits behind a call that failed.
    pub failure_order: FailureOrder,
    /// How long its messages are kept, in seconds, 0 being for ever; none for one that emits none.
    pub keep_messages_for: Option<i64>,
    /// Whether it is sent all credentials of its owner.
    pub all_credentials: bool,
    /// Credentials that it is sent besides those that its options name.
    pub credentials: Vec<String>,
    /// Whether it is called.
    pub is_disabled: bool,
    /// Its links.
    pub links: Linked,
}

/// What an agent is linked to; none where it stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Linked {
    /// Whose messages it receives.
    pub sources: Option<Vec<AgentId>>,
    /// Who receives its messages.
    pub receivers: Option<Vec<AgentId>>,
    /// Which agents it controls.
    pub control_targets: Option<Vec<AgentId>>,
    /// Which agents control it.
    pub controllers: Option<Vec<AgentId>>,
}

/// Makes an agent of the caller's.
///
/// # Errors
/// [`Error::Fields`] for an unknown type, or links to what is not the caller's;
/// [`Error::QuotaExceeded`].
pub async fn create(
    caller: &Principal,
    app: &Arc<Switchboard>,
    new: NewMember,
) -> Result<AgentEntry> {
    require_workflows(caller)?;
    let kind = app.types.get(&new.kind).ok_or_else(|| unknown(&new.kind))?;
    if let (Some(rules), Some(options)) = (kind.rules(), &new.options) {
        rules.validate(options).map_err(in_options)?;
    }
    check_acting(caller, new.options.as_ref())?;
    let id = insert(caller, app, new, Some(&kind)).await?;
    app.bells.checks.notify_one();
    super::read::agent(caller, app, id).await
}

/// Whether the caller may save these options, as far as they say what the agent may do.
pub(super) fn check_acting(caller: &Principal, options: Option<&Object>) -> Result<()> {
    let Some(options) = options else {
        return Ok(());
    };
    let checked = actions::check_options(caller, options);
    let autonomy = || actions::autonomy_of(options);
    let checked = checked.and_then(|()| actions::check_said(caller, &autonomy()?));
    checked.map_err(|error| actions::within("options", error))
}

/// What is wrong with options, as seen from the request.
pub(super) fn in_options(mut problems: Vec<FieldError>) -> Error {
    for problem in &mut problems {
        problem.path.insert(0, "options".to_owned());
    }
    Error::Fields(problems)
}

/// The schedule that an agent of this type begins with.
fn first_schedule(kind: Option<&AgentType>) -> Option<Schedule> {
    let Some(rules) = kind.and_then(AgentType::rules) else {
        return Some(Schedule::default());
    };
    let when = rules.schedule()?.parse().unwrap_or(When::NEVER);
    Some(Schedule::new(when))
}

fn unknown(kind: &str) -> Error {
    let shown = clip(kind.to_owned(), 100);
    let message = format!(
        "there is no type `{shown}`, or its agent did not answer yet; GET /api/v1/agent_types lists \
         those there are"
    );
    FieldError::value(&["type"], message, kind.into()).into()
}

/// Stores a new agent. Without its type it waits until the type appears.
async fn insert(
    caller: &Principal,
    app: &Arc<Switchboard>,
    new: NewMember,
    kind: Option<&AgentType>,
) -> Result<AgentId> {
    let mine = Query::WorkflowAgentsOf(caller.user().clone());
    let mine: Vec<WorkflowAgent> = query(&*app.ports.store, &mine).await?;
    if mine.len() >= AGENTS_MAX {
        return Err(Error::QuotaExceeded(format!(
            "You have {AGENTS_MAX} agents in workflows, which is the limit; delete one"
        )));
    }
    let id = next_id(caller, app).await?;
    let user = user_number(app, caller.user()).await?;
    for _ in 0..TRIES {
        let estate = Estate::of(caller, app).await?;
        let (agent, setup) = build(caller, app, &new, kind, (id, user));
        let write = store(app, &agent, &setup);
        let write = link(&estate, &setup, &new.links, write)?;
        match crate::queue::commit(app, write).await {
            Ok(_) => return Ok(id),
            Err(WriteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "Others change the same agents; try again".to_owned(),
    ))
}

/// How often a write is built anew when somebody else was faster.
pub(super) const TRIES: usize = 16;

/// Adds a new agent to a write.
pub(super) fn store(app: &Switchboard, agent: &Agent, setup: &WorkflowAgent) -> Write {
    let key = Key::of::<Agent>(agent.id.0.to_string());
    let write = Write::new()
        .absent(key)
        .put(agent.clone())
        .put(setup.clone());
    let write = schedule::plan(app, setup, write);
    if setup.is_enabled() {
        return write;
    }
    write.change(Change::Pause(setup.lane()))
}

fn build(
    caller: &Principal,
    app: &Switchboard,
    new: &NewMember,
    kind: Option<&AgentType>,
    (id, user): (AgentId, i64),
) -> (Agent, WorkflowAgent) {
    let now = app.ports.now();
    // What the owner did not write implies no grant.
    let implied = new
        .options
        .as_ref()
        .map(grants::implied)
        .unwrap_or_default();
    let defaults = || {
        // What an agent says of itself is not its owner's word.
        let options = kind.map(|kind| kind.registration.default_options.clone());
        options.map(actions::without_functions)
    };
    let options = new.options.clone().or_else(defaults).unwrap_or_default();
    let emits = kind.and_then(AgentType::rules).is_none_or(Rules::can_emit);
    let name = new.kind.strip_prefix(PREFIX).unwrap_or(&new.kind);
    let setup = WorkflowAgent {
        id,
        owner: caller.user().clone(),
        user,
        guid: app.ports.random.uuid(now).simple().to_string(),
        kind: format!("{PREFIX}{name}"),
        options,
        disabled_at: new.is_disabled.then_some(now),
        schedule: new.schedule.clone().or_else(|| first_schedule(kind)),
        retry: new.retry,
        failure_order: new.failure_order,
        keep_messages_for: new.keep_messages_for.filter(|_| emits),
        grants: Grants {
            all: new.all_credentials,
            named: new.credentials.clone(),
            implied,
        },
        created_at: now,
        updated_at: now,
    };
    (as_agent(&setup, new.name.clone()), setup)
}

/// What every door knows of an agent in workflows.
pub(super) fn as_agent(setup: &WorkflowAgent, name: String) -> Agent {
    Agent {
        id: setup.id,
        name,
        owner: setup.owner.clone(),
        provider: BY_TYPE.to_owned(),
        model: setup.kind.clone(),
        capabilities: Vec::new(),
        interaction_modes: InteractionMode::ALL.to_vec(),
        personality: None,
        metadata: Object::new(),
        shared: Sharing::Private,
        created_at: setup.created_at,
    }
}

/// Adds to a write how the agent is linked. The write stands only if all links that it changes are
/// as they were.
pub(super) fn link(
    estate: &Estate,
    setup: &WorkflowAgent,
    linked: &Linked,
    mut write: Write,
) -> Result<Write> {
    let mut own = estate.links(setup);
    let set = |into: &mut Vec<AgentId>, wanted: &Option<Vec<AgentId>>| {
        if let Some(wanted) = wanted {
            into.clone_from(wanted);
        }
    };
    set(&mut own.receivers, &linked.receivers);
    set(&mut own.control_targets, &linked.control_targets);
    let mut changed = vec![own];
    let sides: [(_, Side); 2] = [
        (&linked.sources, |links| &mut links.receivers),
        (&linked.controllers, |links| &mut links.control_targets),
    ];
    for (wanted, side) in sides {
        if let Some(wanted) = wanted {
            point_at(estate, setup, wanted, side, &mut changed)?;
        }
    }
    for mut links in changed {
        tidy(estate, setup, &mut links)?;
        let key = Key::of::<Links>(links.id.0.to_string());
        write = match estate.links.get(&links.id) {
            Some(was) => write.unchanged(was.clone()),
            None => write.absent(key),
        };
        write = write.put(links);
    }
    Ok(write)
}

/// One of the two lists of agents to which an agent's links lead.
type Side = fn(&mut Links) -> &mut Vec<AgentId>;

/// Lets exactly these agents point at this one.
fn point_at(
    estate: &Estate,
    setup: &WorkflowAgent,
    wanted: &[AgentId],
    side: fn(&mut Links) -> &mut Vec<AgentId>,
    changed: &mut Vec<Links>,
) -> Result<()> {
    let unknown = wanted
        .iter()
        .find(|id| **id != setup.id && !estate.has(**id));
    if let Some(id) = unknown {
        return Err(not_yours(*id));
    }
    let others = estate.setups.iter().filter(|other| other.id != setup.id);
    let all: Vec<Links> = std::iter::once(setup)
        .chain(others)
        .map(|other| estate.links(other))
        .collect();
    for mut links in all {
        let place = changed.iter().position(|other| other.id == links.id);
        if let Some(place) = place {
            links = changed[place].clone();
        }
        let (has, wants) = (
            side(&mut links).contains(&setup.id),
            wanted.contains(&links.id),
        );
        match (has, wants) {
            (false, true) => side(&mut links).push(setup.id),
            (true, false) => side(&mut links).retain(|id| *id != setup.id),
            _ => continue,
        }
        match place {
            Some(place) => changed[place] = links,
            None => changed.push(links),
        }
    }
    Ok(())
}

/// Links are told once each, and join agents of the same owner.
fn tidy(estate: &Estate, setup: &WorkflowAgent, links: &mut Links) -> Result<()> {
    for side in [&mut links.receivers, &mut links.control_targets] {
        let mut seen = std::collections::HashSet::new();
        side.retain(|id| seen.insert(*id));
        let unknown = side.iter().find(|id| **id != setup.id && !estate.has(**id));
        if let Some(id) = unknown {
            return Err(not_yours(*id));
        }
        if side.len() > LINKS_MAX {
            return Err(Error::Invalid(format!(
                "An agent can have at most {LINKS_MAX} links of a sort"
            )));
        }
    }
    Ok(())
}

fn not_yours(id: AgentId) -> Error {
    let message = "links join agents of the same owner, and there is no such agent of yours";
    FieldError::value(&["links"], message, id.0.into()).into()
}

impl Estate {
    /// Whether the user has this agent.
    pub(super) fn has(&self, id: AgentId) -> bool {
        self.setups.iter().any(|setup| setup.id == id)
    }
}

/// The number by which protocols that want an integer know a user. The first who asks makes it.
///
/// # Errors
/// When the store fails.
pub async fn user_number(app: &Switchboard, user: &Username) -> Result<i64> {
    let write = Write::new().change(Change::Append {
        stream: StreamId::user_numbers(),
        event: Event::UserNumbered { user: user.clone() },
        dedup: Some(user.to_string()),
    });
    match app.ports.store.commit(write).await {
        Ok(receipt) => Ok(receipt.appended.first().map_or(0, |(_, at)| at.no)),
        Err(WriteError::Refused(Refusal::Duplicate(position))) => Ok(position.no),
        Err(error) => Err(error.into()),
    }
}
