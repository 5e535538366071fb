//! `GET /api/agents/{agent_id}/capabilities`

use super::view::{AgentStatus, Seen};
use crate::{
    AppState,
    chat::wire::Mode,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited, Named},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::agents;
use utoipa::ToSchema;

/// What an agent can do.
#[derive(Serialize, ToSchema)]
pub struct AgentCapabilitiesResponse {
    /// The id.
    #[schema(example = "agent_7")]
    agent_id: String,
    /// Always `ai`.
    #[schema(example = "ai")]
    agent_type: &'static str,
    /// What it says it can do.
    capabilities: Vec<String>,
    /// Where it may be used.
    interaction_modes: Vec<Mode>,
    /// Its instructions.
    personality: Option<String>,
    /// Whose it is.
    owner_id: String,
    /// The present time.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// What an agent can do, and where it may be used.
#[utoipa::path(
    get,
    path = "/api/agents/{agent_id}/capabilities",
    tag = "agents",
    operation_id = "get_agent_capabilities",
    params(("agent_id" = String, Path, description = "`agent_<n>`, the bare number, or the id of an agent in a session")),
    responses(
        (status = 200, description = "What it can do", body = AgentCapabilitiesResponse),
        Authorized, Named, Limited, Common,
    ),
)]
pub async fn capabilities(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<AgentCapabilitiesResponse>, ApiError> {
    let seen = Seen::from(agents::status(&caller, &state.app, &agent).await?.agent);
    Ok(Json(AgentCapabilitiesResponse {
        agent_id: seen.id,
        agent_type: AgentStatus::TYPE,
        capabilities: seen.capabilities,
        interaction_modes: seen.modes,
        personality: seen.personality,
        owner_id: seen.owner,
        timestamp: state.app.ports.now().to_string(),
    }))
}
