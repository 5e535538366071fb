//! Sessions and providers as the server tells of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

/// A provider of models.
#[derive(Debug, Clone, Deserialize)]
pub struct Provider {
    /// Models that are known to work.
    pub models: Vec<String>,
    /// The model that is used when none is named.
    pub default_model: String,
}

/// Who talks in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// A person and one agent.
    HumanAgent,
    /// Two agents.
    AgentAgent,
}

/// An agent that is wanted in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// A provider, or `agent` for a registered agent.
    pub provider: String,
    /// A model of the provider, or the id of the registered agent; none for the usual model.
    pub model: Option<String>,
    /// Its instructions.
    pub personality: Option<String>,
}

/// A session.
#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    /// Its id.
    #[serde(rename = "session_id")]
    pub id: String,
    /// Who talks in it.
    #[serde(rename = "session_type")]
    pub kind: SessionKind,
    /// `active`, `ended` or `expired`.
    pub status: String,
    agents: BTreeMap<String, Agent>,
}

#[derive(Debug, Clone, Deserialize)]
struct Agent {
    #[serde(rename = "agent_id")]
    id: String,
    provider: String,
    model: String,
}

impl Seat {
    /// The body that asks for a session with these agents: one talks with a person, two with each other.
    pub(crate) fn request(seats: &[Self]) -> Value {
        let agents: serde_json::Map<String, Value> = (1..)
            .zip(seats)
            .map(|(place, seat)| {
                let agent = json!({
                    "provider": seat.provider, "model": seat.model, "personality": seat.personality,
                });
                (format!("agent{place}"), agent)
            })
            .collect();
        let kind = if seats.len() == 1 {
            "human_agent"
        } else {
            "agent_agent"
        };
        json!({"session_type": kind, "agents": agents})
    }
}

impl Session {
    /// How its agents are called, by the ids under which they speak. Two of the same model are numbered.
    pub fn names(&self) -> BTreeMap<String, String> {
        // The agent of a person stands there twice; ids sort in the order of the places.
        let agents: BTreeMap<&str, &Agent> = self
            .agents
            .values()
            .map(|agent| (agent.id.as_str(), agent))
            .collect();
        let name = |agent: &Agent| match agent.provider.as_str() {
            "agent" => agent.model.clone(),
            provider => format!("{provider}/{}", agent.model),
        };
        let named = (1..).zip(&agents).map(|(place, (id, agent))| {
            let own = name(agent);
            let alike = agents.values().filter(|other| name(other) == own).count() > 1;
            let called = if alike {
                format!("{own} #{place}")
            } else {
                own
            };
            ((*id).to_owned(), called)
        });
        named.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(agents: &Value) -> Session {
        serde_json::from_value(json!({
            "session_id": "s", "session_type": "agent_agent", "status": "active", "agents": agents,
        }))
        .unwrap()
    }

    fn agent(id: &str, provider: &str, model: &str) -> Value {
        json!({"agent_id": id, "provider": provider, "model": model})
    }

    #[test]
    fn agents_are_called_by_provider_and_model() {
        let names = session(&json!({
            "primary": agent("ai1_s", "demo", "echo"), "ai_agent": agent("ai1_s", "demo", "echo"),
        }))
        .names();
        assert_eq!(names.len(), 1);
        assert_eq!(names["ai1_s"], "demo/echo");
    }

    #[test]
    fn two_alike_are_numbered_and_registered_ones_go_by_their_id() {
        let pair = |a, b| session(&json!({"x": a, "y": b})).names();
        let echo = |id| agent(id, "demo", "echo");
        let names = pair(echo("ai1_s"), echo("ai2_s"));
        assert_eq!(
            (&*names["ai1_s"], &*names["ai2_s"]),
            ("demo/echo #1", "demo/echo #2")
        );
        let names = pair(echo("ai1_s"), agent("ai2_s", "agent", "agent_7"));
        assert_eq!(
            (&*names["ai1_s"], &*names["ai2_s"]),
            ("demo/echo", "agent_7")
        );
    }

    #[test]
    fn agents_are_asked_for_in_their_order() {
        let seat = |provider: &str| Seat {
            provider: provider.to_owned(),
            model: None,
            personality: None,
        };
        let body = Seat::request(&[seat("a"), seat("b")]);
        assert_eq!(body["session_type"], "agent_agent");
        assert_eq!(body["agents"]["agent1"]["provider"], "a");
        assert_eq!(Seat::request(&[seat("a")])["session_type"], "human_agent");
    }
}
