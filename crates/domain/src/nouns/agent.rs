//! Registered agents.

use crate::{
    Timestamp,
    ids::{AgentId, Username},
    nouns::Object,
};
use serde::{Deserialize, Serialize};

/// Where an agent may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionMode {
    /// In conversations with people.
    HumanToAgent,
    /// In conversations with other agents.
    AgentToAgent,
}

impl InteractionMode {
    /// All modes, which is what an agent has when none is named.
    pub const ALL: [Self; 2] = [Self::HumanToAgent, Self::AgentToAgent];

    /// The mode's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HumanToAgent => "human_to_agent",
            Self::AgentToAgent => "agent_to_agent",
        }
    }

    /// The mode of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Who besides its owner may see and use an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Nobody.
    #[default]
    Private,
    /// All users.
    Everyone,
    /// The named users.
    With(Vec<Username>),
}

/// An agent that somebody registered, reachable by its id through every door.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// The id.
    pub id: AgentId,
    /// What the owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: Username,
    /// The provider that runs it.
    pub provider: String,
    /// The provider's model.
    pub model: String,
    /// What it says it can do.
    pub capabilities: Vec<String>,
    /// Where it may be used.
    pub interaction_modes: Vec<InteractionMode>,
    /// Its instructions.
    pub personality: Option<String>,
    /// What the owner attached.
    pub metadata: Object,
    /// Who else may use it.
    pub shared: Sharing,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Agent {
    /// Whether this user may see and use the agent.
    pub fn is_visible_to(&self, user: &Username) -> bool {
        self.owner == *user
            || match &self.shared {
                Sharing::Private => false,
                Sharing::Everyone => true,
                Sharing::With(users) => users.contains(user),
            }
    }
}
