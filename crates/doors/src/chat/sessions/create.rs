//! `POST /api/chat/sessions/create`

use super::{agents::Agents, view::SessionResponse};
use crate::{
    AppState,
    chat::wire::{self, CAPABILITIES_MAX, Mode},
    kit::{
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Limited, WithBody},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use garde::Validate;
use serde::Deserialize;
use serde_json::Value;
use switchboard_core::sessions::{self, NewSession};
use switchboard_domain::nouns::{Object, SessionKind};
use utoipa::ToSchema;

/// A session to create.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({
    "session_type": "human_agent",
    "agents": {"primary": {"provider": "demo", "model": "echo", "capabilities": ["conversation"]}},
}))]
pub struct CreateSessionRequest {
    /// Who talks: `human_agent` has exactly one agent, `agent_agent` exactly two.
    #[garde(skip)]
    session_type: SessionType,
    /// The agents under keys of the client's choice. Their order is that of their turns.
    #[garde(dive)]
    #[schema(value_type = std::collections::BTreeMap<String, super::agents::AgentRequest>)]
    agents: Agents,
    /// The interaction modes; the one that the type needs must be among them, if any is named.
    #[garde(length(max = CAPABILITIES_MAX))]
    #[schema(max_items = 100)]
    interaction_modes: Option<Vec<Mode>>,
    /// Whatever the client wants to keep with the session. In an `agent_agent` session the text
    /// `auto_start` opens the dialogue at once.
    #[garde(inner(custom(wire::small)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Object>,
}

/// Who talks in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SessionType {
    /// A person and one agent.
    HumanAgent,
    /// Two agents, watched by any number of people.
    AgentAgent,
}

impl From<CreateSessionRequest> for NewSession {
    fn from(request: CreateSessionRequest) -> Self {
        let kind = match request.session_type {
            SessionType::HumanAgent => SessionKind::HumanAgent,
            SessionType::AgentAgent => SessionKind::AgentAgent,
        };
        let metadata = request.metadata.unwrap_or_default();
        let opening = metadata.get("auto_start").and_then(Value::as_str);
        let opening = opening.filter(|text| kind == SessionKind::AgentAgent && !text.is_empty());
        Self {
            kind,
            agents: request.agents.into(),
            interaction_modes: wire::modes(request.interaction_modes),
            opening: opening.map(str::to_owned),
            metadata,
        }
    }
}

/// Creates a session.
#[utoipa::path(
    post,
    path = "/api/chat/sessions/create",
    tag = "chat",
    operation_id = "create_session",
    request_body = CreateSessionRequest,
    responses(
        (status = 200, description = "The session", body = SessionResponse),
        Authorized, WithBody, Conflicting, Limited, Common,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(request): body::Json<CreateSessionRequest>,
) -> Result<Json<SessionResponse>, ApiError> {
    let session = sessions::create(&caller, &state.app, request.into()).await?;
    Ok(Json(SessionResponse::from(&session)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn new(body: &Value) -> NewSession {
        let request: CreateSessionRequest = serde_json::from_value(body.clone()).unwrap();
        assert!(request.validate().is_ok());
        request.into()
    }

    #[test]
    fn agents_keep_the_order_in_which_they_were_sent() {
        let text = r#"{"session_type": "agent_agent", "agents": {
            "z": {"provider": "demo"}, "a": {"provider": "demo", "model": null}}}"#;
        let request: CreateSessionRequest = serde_json::from_str(text).unwrap();
        let new = NewSession::from(request);
        assert_eq!(
            new.agents
                .iter()
                .map(|agent| agent.key.as_str())
                .collect::<Vec<_>>(),
            ["z", "a"]
        );
        assert_eq!(new.opening, None);
    }

    #[test]
    fn what_is_null_is_as_good_as_absent() {
        let agent = json!({
            "provider": "demo", "capabilities": null, "personality": null, "metadata": null,
        });
        let new = new(&json!({
            "session_type": "human_agent", "agents": {"primary": agent},
            "interaction_modes": null, "metadata": null,
        }));
        assert_eq!((new.agents.len(), new.interaction_modes.len()), (1, 0));
    }

    #[test]
    fn only_a_dialogue_starts_by_itself() {
        let body = |kind: &str| json!({"session_type": kind, "agents": {}, "metadata": {"auto_start": "Begin"}});
        assert_eq!(new(&body("agent_agent")).opening, Some("Begin".to_owned()));
        assert_eq!(new(&body("human_agent")).opening, None);
    }
}
