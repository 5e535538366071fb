//! `POST /api/agents/register`

use crate::{
    AppState,
    chat::wire::{self, CAPABILITIES_MAX, Mode, NAME_MAX, PERSONALITY_MAX},
    kit::{
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Limited, WithBody},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::agents::{self, NewAgent};
use switchboard_domain::{
    Error,
    error::FieldError,
    ids::Username,
    nouns::{Agent, Object, Sharing},
};
use utoipa::ToSchema;

/// The most users that an agent is shared with by name.
const SHARED_MAX: usize = 1000;

/// An agent to register.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({
    "name": "Ada", "provider": "demo", "model": "echo", "capabilities": ["maths"],
    "interaction_modes": ["human_to_agent", "agent_to_agent"],
    "personality": "You are patient and exact.", "shared": ["bob"],
}))]
pub struct AgentConfig {
    /// What to call it.
    #[garde(length(chars, min = 1, max = NAME_MAX))]
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The provider that runs it.
    #[garde(length(chars, max = NAME_MAX))]
    #[schema(max_length = 200)]
    provider: String,
    /// The provider's model; its default when none is named.
    #[garde(length(chars, max = NAME_MAX))]
    #[schema(max_length = 200)]
    model: Option<String>,
    /// What it can do.
    #[garde(length(max = CAPABILITIES_MAX), inner(inner(length(chars, min = 1, max = NAME_MAX))))]
    #[schema(max_items = 100, value_type = Option<Vec<wire::Capability>>)]
    capabilities: Option<Vec<String>>,
    /// Where it may be used; everywhere when none is named.
    #[garde(length(max = CAPABILITIES_MAX))]
    #[schema(max_items = 100)]
    interaction_modes: Option<Vec<Mode>>,
    /// Its instructions.
    #[garde(length(chars, max = PERSONALITY_MAX))]
    #[schema(max_length = 20_000)]
    personality: Option<String>,
    /// Whatever the owner wants to keep with it.
    #[garde(inner(custom(wire::small)))]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Object>,
    /// Who else may use it; nobody unless said.
    #[garde(dive)]
    shared: Option<Shared>,
}

/// Who else may use an agent: `true` for all users, `false` for nobody, or a list of users.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(untagged, expecting = "expected true, false or a list of user names")]
enum Shared {
    /// All users, or nobody.
    All(#[garde(skip)] bool),
    /// These users.
    #[schema(value_type = Vec<UserName>)]
    With(#[garde(length(max = SHARED_MAX))] Vec<String>),
}

/// The name of a user.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 64,
    pattern = r"^[\p{Alphabetic}\p{N}._@+-]+$",
    example = "bob"
)]
#[allow(dead_code, reason = "describes what is read as a text")]
struct UserName(String);

impl Shared {
    fn read(self) -> Result<Sharing, Error> {
        let names = match self {
            Self::All(true) => return Ok(Sharing::Everyone),
            Self::All(false) => return Ok(Sharing::Private),
            Self::With(names) => names,
        };
        let read = |name: &String| {
            name.parse::<Username>().map_err(|error| {
                Error::from(FieldError::value(
                    &["shared"],
                    error.to_string(),
                    name.as_str().into(),
                ))
            })
        };
        Ok(Sharing::With(
            names.iter().map(read).collect::<Result<_, _>>()?,
        ))
    }
}

impl AgentConfig {
    fn read(self) -> Result<NewAgent, Error> {
        Ok(NewAgent {
            name: self.name,
            provider: self.provider,
            model: self.model,
            capabilities: self.capabilities.unwrap_or_default(),
            interaction_modes: wire::modes(self.interaction_modes),
            personality: self.personality,
            metadata: self.metadata.unwrap_or_default(),
            shared: self.shared.map_or(Ok(Sharing::Private), Shared::read)?,
        })
    }
}

/// A registered agent. Lists are joined by commas.
#[derive(Serialize, ToSchema)]
pub struct RegisterResponse {
    /// Its id.
    #[schema(example = "agent_7")]
    agent_id: String,
    /// Always `registered`.
    #[schema(example = "registered")]
    status: &'static str,
    /// Its name.
    name: String,
    /// Its provider.
    provider: String,
    /// Its model.
    model: String,
    /// What it can do.
    #[schema(example = "maths,logic")]
    capabilities: String,
    /// Where it may be used.
    #[schema(example = "human_to_agent,agent_to_agent")]
    interaction_modes: String,
    /// Whose it is.
    owner_id: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    timestamp: String,
}

impl From<Agent> for RegisterResponse {
    fn from(agent: Agent) -> Self {
        let modes: Vec<_> = agent
            .interaction_modes
            .iter()
            .map(|mode| mode.as_str())
            .collect();
        Self {
            agent_id: agent.id.to_string(),
            status: "registered",
            name: agent.name,
            provider: agent.provider,
            model: agent.model,
            capabilities: agent.capabilities.join(","),
            interaction_modes: modes.join(","),
            owner_id: agent.owner.to_string(),
            timestamp: agent.created_at.to_string(),
        }
    }
}

/// Registers an agent for the caller.
#[utoipa::path(
    post,
    path = "/api/agents/register",
    tag = "agents",
    operation_id = "register_agent",
    request_body = AgentConfig,
    responses(
        (status = 200, description = "The agent is registered", body = RegisterResponse),
        Authorized, WithBody, Conflicting, Limited, Common,
    ),
)]
pub async fn register(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(config): body::Json<AgentConfig>,
) -> Result<Json<RegisterResponse>, ApiError> {
    let agent = agents::register(&caller, &state.app, config.read()?).await?;
    Ok(Json(RegisterResponse::from(agent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(shared: &Value) -> Result<Sharing, Error> {
        let body = json!({"name": "Ada", "provider": "demo", "shared": shared});
        let config: AgentConfig = serde_json::from_value(body).unwrap();
        assert!(config.validate().is_ok());
        config.read().map(|new| new.shared)
    }

    #[test]
    fn an_agent_is_private_unless_shared() {
        assert_eq!(read(&Value::Null), Ok(Sharing::Private));
        assert_eq!(read(&json!(false)), Ok(Sharing::Private));
        assert_eq!(read(&json!(true)), Ok(Sharing::Everyone));
        assert_eq!(
            read(&json!(["bob"])),
            Ok(Sharing::With(vec!["bob".parse().unwrap()]))
        );
        assert!(matches!(
            read(&json!(["not a name"])),
            Err(Error::Fields(_))
        ));
    }

    #[test]
    fn lists_are_joined_by_commas() {
        let body = json!({"name": "Ada", "provider": "demo", "capabilities": ["a", "b"]});
        let config: AgentConfig = serde_json::from_value(body).unwrap();
        assert_eq!(config.read().unwrap().capabilities.join(","), "a,b");
    }
}
