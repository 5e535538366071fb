//! Chat sessions: a person with an agent, or two agents with each other.

use crate::{
    Timestamp,
    ids::{AgentId, LaneId, SessionId, StreamId, Username},
    nouns::{InteractionMode, Object},
};
use serde::{Deserialize, Serialize};

/// Who talks in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A person and one agent.
    HumanAgent,
    /// Two agents, watched by any number of people.
    AgentAgent,
}

impl SessionKind {
    /// How many agents such a session has.
    pub const fn agents(self) -> usize {
        match self {
            Self::HumanAgent => 1,
            Self::AgentAgent => 2,
        }
    }

    /// The mode in which an agent takes part.
    pub const fn mode(self) -> InteractionMode {
        match self {
            Self::HumanAgent => InteractionMode::HumanToAgent,
            Self::AgentAgent => InteractionMode::AgentToAgent,
        }
    }
}

/// The life of a session: `active`, then for ever `ended` or `expired`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Texts are taken.
    Active,
    /// Deleted by its owner, or ended to make room. Its transcript stays.
    Ended,
    /// Its lifetime is over. Its transcript stays.
    Expired,
}

/// An agent's place in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionAgent {
    /// The key under which the client named it.
    pub key: String,
    /// The provider, as asked for.
    pub provider: String,
    /// The model, as asked for or the provider's default.
    pub model: String,
    /// What it is said to be able to do.
    pub capabilities: Vec<String>,
    /// Its instructions.
    pub personality: Option<String>,
    /// What the client attached.
    pub metadata: Object,
    /// The registered agent that takes this place, if one does.
    pub registered: Option<AgentId>,
}

/// A chat session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The id, which is also the key of its stream and its lane.
    pub id: SessionId,
    /// Who talks.
    pub kind: SessionKind,
    /// Whose it is. Calls run on this user's behalf.
    pub owner: Username,
    /// Where it is in its life.
    pub status: SessionStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires; never, if the operator set no lifetime.
    pub expires_at: Option<Timestamp>,
    /// When it ended or expired.
    pub ended_at: Option<Timestamp>,
    /// The agents, in their order: one or two.
    pub agents: Vec<SessionAgent>,
    /// The interaction modes that the client named.
    pub interaction_modes: Vec<InteractionMode>,
    /// What the client attached.
    pub metadata: Object,
}

impl Session {
    /// The stream that is this session's transcript.
    pub fn stream(&self) -> StreamId {
        StreamId::session(&self.id)
    }

    /// The lane in which this session's calls wait.
    pub fn lane(&self) -> LaneId {
        LaneId::session(&self.id)
    }

    /// The id of the agent at this place: `ai1_<session>`, `ai2_<session>`.
    pub fn agent_id(&self, place: usize) -> String {
        format!("ai{}_{}", place + 1, self.id)
    }

    /// The id of the person in this session: `human_<session>`.
    pub fn human_id(&self) -> String {
        format!("human_{}", self.id)
    }

    /// The place of the agent with this id, if it takes part.
    pub fn place_of(&self, agent_id: &str) -> Option<usize> {
        (0..self.agents.len()).find(|place| self.agent_id(*place) == agent_id)
    }

    /// The session and the place that an id like `ai1_session_…` names.
    pub fn parse_agent_id(text: &str) -> Option<(SessionId, usize)> {
        let (place, session) = text.strip_prefix("ai")?.split_once('_')?;
        let place = place.parse::<usize>().ok()?.checked_sub(1)?;
        Some((session.parse().ok()?, place))
    }
}
