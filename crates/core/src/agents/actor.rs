//! Who acts in a call: the runtime, the model, and under which meter.

use crate::{app::Switchboard, known::Known};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    nouns::{Agent, InteractionMode, Object, Session, SessionAgent},
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
                Self::of_agent(app, &agent).with_more_instructions(seat.personality.as_deref())
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
    pub fn registered(app: &Switchboard, agent: &Agent, mode: InteractionMode) -> Self {
        if agent.interaction_modes.contains(&mode) {
            Self::of_agent(app, agent)
        } else {
            Self::gone(agent.id.to_string())
        }
    }

    fn of_seat(app: &Switchboard, session: &Session, place: usize, seat: &SessionAgent) -> Self {
        Self {
            meter: session.agent_id(place),
            provider: seat.provider.clone(),
            model: seat.model.clone(),
            instructions: seat.personality.clone(),
            options: seat.metadata.clone(),
            runtime: runtime(app, &seat.provider),
        }
    }

    fn of_agent(app: &Switchboard, agent: &Agent) -> Self {
        Self {
            meter: agent.id.to_string(),
            provider: agent.provider.clone(),
            model: agent.model.clone(),
            instructions: agent.personality.clone(),
            options: agent.metadata.clone(),
            runtime: runtime(app, &agent.provider),
        }
    }

    fn gone(meter: String) -> Self {
        Self {
            meter,
            provider: String::new(),
            model: String::new(),
            instructions: None,
            options: Object::new(),
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

fn runtime(app: &Switchboard, provider: &str) -> Option<Arc<dyn AgentRuntime>> {
    app.runtimes
        .get(provider)
        .filter(|(info, _)| info.usable)
        .map(|(_, runtime)| Arc::clone(runtime))
}
