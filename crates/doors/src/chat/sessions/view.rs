//! A session as clients see it.

use crate::chat::wire::ByKey;
use serde::Serialize;
use switchboard_domain::nouns::{Object, Session, SessionKind, SessionStatus};
use utoipa::ToSchema;

/// The key under which the one agent of a session with a person is also found.
const AI_AGENT: &str = "ai_agent";

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionResponse {
    /// The id, `session_…`.
    #[schema(example = "session_0190d3a1c0de7a11b0bb1e5a11f0cafe")]
    session_id: String,
    /// Always `system`.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "system")]
    kind: &'static str,
    /// When it was created.
    #[schema(format = DateTime, example = "2026-02-23T12:00:00.000000Z")]
    created_at: String,
    /// `active`, or `expired` once its lifetime is over.
    #[schema(example = "active")]
    status: &'static str,
    /// `human_agent` or `agent_agent`.
    #[schema(example = "human_agent")]
    session_type: &'static str,
    /// The agents under the keys that the client gave them; in a `human_agent` session also under
    /// `ai_agent`.
    #[schema(value_type = BTreeMap<String, SessionAgentResponse>)]
    agents: ByKey<SessionAgentResponse>,
    /// What the client attached.
    #[schema(value_type = Object)]
    metadata: Object,
}

/// An agent of a session.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionAgentResponse {
    /// Its id in this session: `ai1_<session>`, `ai2_<session>`.
    agent_id: String,
    /// Its provider.
    #[schema(example = "demo")]
    provider: String,
    /// Its model.
    #[schema(example = "echo")]
    model: String,
    /// What it is said to be able to do.
    capabilities: Vec<String>,
    /// Its instructions.
    personality: Option<String>,
    /// `active` or `inactive`.
    #[schema(example = "active")]
    status: &'static str,
}

impl From<&Session> for SessionResponse {
    fn from(session: &Session) -> Self {
        let keys = session.agents.iter().map(|agent| agent.key.clone());
        let views = (0..session.agents.len()).filter_map(|place| agent(session, place));
        let mut agents: Vec<_> = keys.zip(views).collect();
        if session.kind == SessionKind::HumanAgent {
            let first = agents.first().filter(|(key, _)| key != AI_AGENT);
            let again = first.map(|(_, view)| (AI_AGENT.to_owned(), view.clone()));
            agents.extend(again);
        }
        Self {
            session_id: session.id.to_string(),
            kind: "system",
            created_at: session.created_at.to_string(),
            status: match session.status {
                SessionStatus::Active => "active",
                SessionStatus::Ended => "ended",
                SessionStatus::Expired => "expired",
            },
            session_type: match session.kind {
                SessionKind::HumanAgent => "human_agent",
                SessionKind::AgentAgent => "agent_agent",
            },
            agents: ByKey(agents),
            metadata: session.metadata.clone(),
        }
    }
}

fn agent(session: &Session, place: usize) -> Option<SessionAgentResponse> {
    let agent = session.agents.get(place)?;
    let active = session.status == SessionStatus::Active;
    Some(SessionAgentResponse {
        agent_id: session.agent_id(place),
        provider: agent.provider.clone(),
        model: agent.model.clone(),
        capabilities: agent.capabilities.clone(),
        personality: agent.personality.clone(),
        status: if active { "active" } else { "inactive" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use switchboard_domain::{Timestamp, nouns::SessionAgent};

    fn seat(key: &str) -> SessionAgent {
        SessionAgent {
            key: key.to_owned(),
            provider: "demo".to_owned(),
            model: "echo".to_owned(),
            capabilities: vec!["talk".to_owned()],
            personality: None,
            metadata: Object::new(),
            registered: None,
        }
    }

    fn view(kind: SessionKind, keys: &[&str]) -> Value {
        let session = Session {
            id: format!("session_{:032x}", 7).parse().unwrap(),
            kind,
            owner: "alice".parse().unwrap(),
            status: SessionStatus::Active,
            created_at: Timestamp::default(),
            expires_at: None,
            ended_at: None,
            agents: keys.iter().map(|key| seat(key)).collect(),
            interaction_modes: Vec::new(),
            metadata: Object::new(),
        };
        json!(SessionResponse::from(&session))
    }

    #[test]
    fn the_agent_of_a_person_answers_under_two_keys() {
        let view = view(SessionKind::HumanAgent, &["primary"]);
        let agent = json!({
            "agent_id": format!("ai1_session_{:032x}", 7), "provider": "demo", "model": "echo",
            "capabilities": ["talk"], "personality": null, "status": "active",
        });
        assert_eq!(view["agents"], json!({"primary": agent, "ai_agent": agent}));
        assert_eq!(
            (&view["type"], &view["status"]),
            (&json!("system"), &json!("active"))
        );
    }

    #[test]
    fn two_agents_answer_under_their_own_keys() {
        let view = view(SessionKind::AgentAgent, &["z", "a"]);
        let agents = view["agents"].as_object().unwrap();
        assert_eq!(agents.len(), 2);
        assert_eq!(
            agents["z"]["agent_id"],
            json!(format!("ai1_session_{:032x}", 7))
        );
    }
}
