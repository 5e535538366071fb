//! Who acts in a call: the runtime, the model, and under which meter.

use crate::{
    actions::{definitions, of_options},
    app::Switchboard,
    known::Known,
    types::{AsProvider, BY_TYPE, TYPE_SOON},
    workflows::granted,
};
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    ids::{AgentId, Username},
    nouns::{
        Agent, DefinedBy, Function, GrantedCredential, Grants, InteractionMode, Object, Session,
        SessionAgent, Task, Wallet, WorkflowAgent,
    },
    ports::AgentRuntime,
};

/// An agent, ready to be called.
pub struct Actor {
    /// Whose meter and memory it has: the registered agent's, or that of its place in the session.
    pub meter: String,
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Its instructions.
    pub instructions: Option<String>,
    /// Its configuration.
    pub options: Object,
    /// The functions that it has, besides those of a client.
    pub functions: Vec<Function>,
    /// The credentials that it was granted.
    pub credentials: Vec<GrantedCredential>,
    /// What runs it; none when it is gone or may not be used here.
    pub runtime: Option<Arc<dyn AgentRuntime>>,
}

impl Actor {
    /// The agent at this place of a session.
    pub async fn in_session(
        app: &Switchboard,
        known: Known<'_>,
        session: &Session,
        place: usize,
    ) -> Result<Self> {
        let Some(seat) = session.agents.get(place) else {
            return Ok(Self::gone(session.agent_id(place)));
        };
        let Some(id) = seat.registered else {
            return Ok(Self::of_seat(app, session, place, seat));
        };
        let agent: Option<Agent> = known.find(&id.0.to_string()).await?;
        let usable = agent.filter(|agent| {
            agent.is_visible_to(&session.owner)
                && agent.interaction_modes.contains(&session.kind.mode())
        });
        Ok(match usable {
            Some(agent) => {
                let actor = Self::of_agent(app, &agent);
                let actor = actor.set_up(app, known, &agent, &session.owner).await?;
                actor.with_more_instructions(seat.personality.as_deref())
            }
            None => Self::gone(id.to_string()),
        })
    }

    /// The meter of the agent at this place of a session.
    pub fn meter_in_session(session: &Session, place: usize) -> String {
        let registered = session.agents.get(place).and_then(|seat| seat.registered);
        registered.map_or_else(|| session.agent_id(place), |id| id.to_string())
    }

    /// A registered agent, called in this mode.
    pub async fn registered(
        app: &Switchboard,
        known: Known<'_>,
        agent: &Agent,
        mode: InteractionMode,
        user: &Username,
    ) -> Result<Self> {
        if !agent.interaction_modes.contains(&mode) {
            return Ok(Self::gone(agent.id.to_string()));
        }
        Self::of_agent(app, agent)
            .set_up(app, known, agent, user)
            .await
    }

    /// The agent of a task: a registered one that its owner may use, in whatever mode, or a provider's.
    pub async fn of_task(app: &Switchboard, known: Known<'_>, task: &Task) -> Result<Self> {
        let Ok(id) = task.agent.parse::<AgentId>() else {
            return Ok(Self::of_provider(app, task));
        };
        let agent: Option<Agent> = known.find(&id.0.to_string()).await?;
        match agent.filter(|agent| agent.is_visible_to(&task.owner)) {
            Some(agent) => {
                let actor = Self::of_agent(app, &agent);
                actor.set_up(app, known, &agent, &task.owner).await
            }
            None => Ok(Self::gone(id.to_string())),
        }
    }

    /// An agent that nobody registered: it has the task's meter.
    fn of_provider(app: &Switchboard, task: &Task) -> Self {
        let (provider, model) = provider_and_model(&task.agent);
        let info = app.runtimes.get(provider).map(|(info, _)| info);
        let usual = info.map_or("", |info| &info.default_model);
        let model = model.unwrap_or(usual);
        Self {
            model: model.to_owned(),
            provider: provider.to_owned(),
            runtime: runtime(app, provider, model),
            ..Self::gone(task.id.to_string())
        }
    }

    fn of_seat(app: &Switchboard, session: &Session, place: usize, seat: &SessionAgent) -> Self {
        Self {
            meter: session.agent_id(place),
            provider: seat.provider.clone(),
            model: seat.model.clone(),
            instructions: seat.personality.clone(),
            options: seat.metadata.clone(),
            functions: functions(&seat.metadata, DefinedBy::Client),
            credentials: Vec::new(),
            runtime: runtime(app, &seat.provider, &seat.model),
        }
    }

    fn of_agent(app: &Switchboard, agent: &Agent) -> Self {
        Self {
            meter: agent.id.to_string(),
            provider: agent.provider.clone(),
            model: agent.model.clone(),
            instructions: agent.personality.clone(),
            options: agent.metadata.clone(),
            functions: Vec::new(),
            credentials: Vec::new(),
            runtime: runtime(app, &agent.provider, &agent.model),
        }
    }

    /// With the options of an agent that also works in workflows, and the credentials that it was
    /// granted; these only where it works for its own owner.
    async fn set_up(
        mut self,
        app: &Switchboard,
        known: Known<'_>,
        agent: &Agent,
        user: &Username,
    ) -> Result<Self> {
        // What somebody else wrote of their agent is not the user's word.
        let by = if agent.owner == *user {
            DefinedBy::Owner
        } else {
            DefinedBy::Agent
        };
        self.functions = functions(&agent.metadata, by);
        if agent.provider != BY_TYPE {
            return Ok(self);
        }
        let setup: Option<WorkflowAgent> = known.find(&agent.id.0.to_string()).await?;
        let Some(setup) = setup.filter(WorkflowAgent::is_enabled) else {
            return Ok(Self::gone(agent.id.to_string()));
        };
        if setup.owner == *user && setup.grants != Grants::default() {
            let wallet: Option<Wallet> = known.find(user.as_str()).await?;
            self.credentials = granted(app, user, &setup.grants, wallet.as_ref())?;
        }
        let own = functions(&setup.options, by);
        let kind = app.types.get(&agent.model);
        let of_type = kind.map(|kind| kind.registration.functions.clone());
        self.functions = definitions([&*own, &*self.functions, &of_type.unwrap_or_default()]);
        self.options = setup.options;
        Ok(self)
    }

    /// When to look again for what runs it, where its type may just not have been asked yet.
    pub fn look_again(&self, app: &Switchboard) -> Option<Timestamp> {
        let waits = self.runtime.is_none() && self.provider == BY_TYPE && app.types.is_asking();
        waits.then(|| app.ports.now().plus_micros(TYPE_SOON))
    }

    fn gone(meter: String) -> Self {
        Self {
            meter,
            provider: String::new(),
            model: String::new(),
            instructions: None,
            options: Object::new(),
            functions: Vec::new(),
            credentials: Vec::new(),
            runtime: None,
        }
    }

    fn with_more_instructions(mut self, more: Option<&str>) -> Self {
        if let Some(more) = more {
            let own = self.instructions.take();
            self.instructions =
                Some(own.map_or_else(|| more.to_owned(), |own| format!("{own}\n\n{more}")));
        }
        self
    }
}

/// The functions that stand in a configuration. That they are in order is checked when it is saved; of
/// one that is older none counts.
fn functions(options: &Object, by: DefinedBy) -> Vec<Function> {
    of_options(options, by).unwrap_or_default()
}

/// A provider, and the model that stands behind a colon.
pub fn provider_and_model(name: &str) -> (&str, Option<&str>) {
    match name.split_once(':') {
        Some((provider, model)) => (provider, Some(model)),
        None => (name, None),
    }
}

fn runtime(app: &Switchboard, provider: &str, model: &str) -> Option<Arc<dyn AgentRuntime>> {
    if provider == BY_TYPE {
        let kind = app.types.get(model)?;
        return Some(Arc::new(AsProvider(kind)));
    }
    app.runtimes
        .get(provider)
        .filter(|(info, _)| info.usable)
        .map(|(_, runtime)| Arc::clone(runtime))
}
