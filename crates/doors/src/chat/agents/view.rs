//! An agent as clients see it.

use crate::chat::wire::Mode;
use serde::Serialize;
use serde_json::json;
use switchboard_core::agents::{AgentPage, AgentView, Status, ViewedAgent};
use switchboard_domain::{Timestamp, nouns::Object};
use utoipa::ToSchema;

/// An agent and what it is doing.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentStatus {
    /// The id: `agent_<n>`, or `ai1_<session>` for one that has a place in a session only.
    #[schema(example = "agent_7")]
    pub agent_id: String,
    /// Always `ai`.
    #[schema(example = "ai")]
    pub agent_type: &'static str,
    /// What its owner calls it.
    pub name: String,
    /// `active`, `cooldown`, or `inactive`: its session is over, or its provider is gone.
    #[schema(example = "active")]
    pub status: &'static str,
    /// When it last answered, or was made.
    #[schema(format = DateTime)]
    pub last_active: String,
    /// What it says it can do.
    pub capabilities: Vec<String>,
    /// Where it may be used.
    pub interaction_modes: Vec<Mode>,
    /// Whose it is.
    #[schema(example = "alice")]
    pub owner_id: String,
    /// Whether it can be called, now or after its cooldown.
    pub is_running: bool,
    /// How many calls it answered.
    pub message_count: i64,
    /// `provider`, `model`, `cooldown_until` (a time or null) and `active_conversations`; to its
    /// owner also what they attached.
    #[schema(value_type = Object, example = json!({
        "provider": "demo", "model": "echo", "cooldown_until": null, "active_conversations": 1,
    }))]
    pub metadata: Object,
}

impl AgentStatus {
    /// What kind of agent all agents are, as `AgentConnect`'s API names it.
    pub const TYPE: &str = "ai";
}

/// An agent in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentListItem {
    /// The agent.
    #[serde(flatten)]
    pub agent: AgentStatus,
    /// Its provider.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// Whether it is the caller's own.
    pub is_owned: bool,
}

/// Agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentListResponse {
    /// The agents.
    pub agents: Vec<AgentListItem>,
    /// The present time.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// How many there are, on this page and all others.
    pub total_count: usize,
    /// How many of them are the caller's own.
    pub user_owned_count: usize,
}

impl AgentListResponse {
    /// This page.
    pub fn page(page: AgentPage, now: Timestamp) -> Self {
        Self {
            total_count: page.total,
            user_owned_count: page.owned,
            ..Self::new(page.views, now)
        }
    }

    /// These agents, in this order.
    pub fn new(views: Vec<AgentView>, now: Timestamp) -> Self {
        Self {
            total_count: views.len(),
            user_owned_count: views.iter().filter(|view| view.is_owned).count(),
            agents: views.into_iter().map(AgentListItem::from).collect(),
            timestamp: now.to_string(),
        }
    }
}

impl From<AgentView> for AgentListItem {
    fn from(view: AgentView) -> Self {
        let (provider, model) = provider_and_model(&view.agent);
        Self {
            provider,
            model,
            is_owned: view.is_owned,
            agent: AgentStatus::from(view),
        }
    }
}

impl From<AgentView> for AgentStatus {
    fn from(view: AgentView) -> Self {
        let (status, cooldown_until) = match view.status {
            Status::Active => ("active", None),
            Status::Cooldown(until) => ("cooldown", Some(until.to_string())),
            Status::Inactive => ("inactive", None),
        };
        let (provider, model) = provider_and_model(&view.agent);
        let is_running = view.status != Status::Inactive;
        let seen = Seen::from(view.agent);
        // What the owner attached may configure the agent, and is not for those it is shared with.
        let mut metadata = if view.is_owned {
            seen.metadata
        } else {
            Object::new()
        };
        metadata.insert("provider".to_owned(), provider.into());
        metadata.insert("model".to_owned(), model.into());
        metadata.insert("cooldown_until".to_owned(), json!(cooldown_until));
        metadata.insert(
            "active_conversations".to_owned(),
            view.active_conversations.into(),
        );
        Self {
            agent_id: seen.id,
            agent_type: Self::TYPE,
            name: seen.name,
            status,
            last_active: view.last_active.to_string(),
            capabilities: seen.capabilities,
            interaction_modes: seen.modes,
            owner_id: seen.owner,
            is_running,
            message_count: view.message_count,
            metadata,
        }
    }
}

/// What registered agents and those of sessions have in common.
pub struct Seen {
    /// The id.
    pub id: String,
    /// The name; in a session the key.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// What it says it can do.
    pub capabilities: Vec<String>,
    /// Where it may be used.
    pub modes: Vec<Mode>,
    /// Its instructions.
    pub personality: Option<String>,
    /// What the owner attached.
    pub metadata: Object,
}

impl From<ViewedAgent> for Seen {
    fn from(agent: ViewedAgent) -> Self {
        match agent {
            ViewedAgent::Registered(agent) => Self {
                id: agent.id.to_string(),
                name: agent.name,
                owner: agent.owner.to_string(),
                capabilities: agent.capabilities,
                modes: agent
                    .interaction_modes
                    .into_iter()
                    .map(Mode::from)
                    .collect(),
                personality: agent.personality,
                metadata: agent.metadata,
            },
            ViewedAgent::InSession(session, place) => {
                let seat = session.agents.get(place).cloned();
                Self {
                    id: session.agent_id(place),
                    owner: session.owner.to_string(),
                    modes: vec![session.kind.mode().into()],
                    name: seat
                        .as_ref()
                        .map(|seat| seat.key.clone())
                        .unwrap_or_default(),
                    capabilities: seat
                        .as_ref()
                        .map(|s| s.capabilities.clone())
                        .unwrap_or_default(),
                    personality: seat.as_ref().and_then(|seat| seat.personality.clone()),
                    metadata: seat.map(|seat| seat.metadata).unwrap_or_default(),
                }
            }
        }
    }
}

fn provider_and_model(agent: &ViewedAgent) -> (String, String) {
    match agent {
        ViewedAgent::Registered(agent) => (agent.provider.clone(), agent.model.clone()),
        ViewedAgent::InSession(session, place) => {
            let seat = session.agents.get(*place);
            seat.map(|seat| (seat.provider.clone(), seat.model.clone()))
                .unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_domain::{
        ids::AgentId,
        nouns::{Agent, InteractionMode, Sharing},
    };

    fn view(is_owned: bool, status: Status) -> AgentView {
        let agent = Agent {
            id: AgentId(7),
            name: "Ada".to_owned(),
            owner: "alice".parse().unwrap(),
            provider: "demo".to_owned(),
            model: "echo".to_owned(),
            capabilities: vec!["maths".to_owned()],
            interaction_modes: vec![InteractionMode::AgentToAgent],
            personality: None,
            metadata: Object::from_iter([("color".to_owned(), json!("red"))]),
            shared: Sharing::Everyone,
            created_at: Timestamp::default(),
        };
        AgentView {
            agent: ViewedAgent::Registered(Box::new(agent)),
            status,
            last_active: Timestamp::default(),
            message_count: 3,
            active_conversations: 1,
            is_owned,
        }
    }

    #[test]
    fn a_list_says_whose_agents_are() {
        let views = vec![view(true, Status::Active), view(false, Status::Inactive)];
        let list = json!(AgentListResponse::new(views, Timestamp::default()));
        assert_eq!(
            (&list["total_count"], &list["user_owned_count"]),
            (&json!(2), &json!(1))
        );
        assert_eq!(
            list["agents"][0],
            json!({
                "agent_id": "agent_7", "agent_type": "ai", "name": "Ada", "status": "active",
                "last_active": "1970-01-01T00:00:00.000000Z", "capabilities": ["maths"],
                "interaction_modes": ["agent_to_agent"], "owner_id": "alice", "is_running": true,
                "message_count": 3, "provider": "demo", "model": "echo", "is_owned": true,
                "metadata": {
                    "color": "red", "provider": "demo", "model": "echo", "cooldown_until": null,
                    "active_conversations": 1,
                },
            })
        );
        assert_eq!(list["agents"][1]["metadata"].get("color"), None);
        assert_eq!(list["agents"][1]["is_running"], false);
    }

    #[test]
    fn a_cooldown_says_until_when() {
        let status = Status::Cooldown(Timestamp::from_micros(60_000_000));
        let status = json!(AgentStatus::from(view(true, status)));
        assert_eq!(
            (&status["status"], &status["is_running"]),
            (&json!("cooldown"), &json!(true))
        );
        assert_eq!(
            status["metadata"]["cooldown_until"],
            "1970-01-01T00:01:00.000000Z"
        );
    }
}
