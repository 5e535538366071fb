//! `GET /api/agents/status/{agent_id}`

use super::view::AgentStatus;
use crate::{
    AppState,
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
use switchboard_core::agents;

/// What an agent is doing.
#[utoipa::path(
    get,
    path = "/api/agents/status/{agent_id}",
    tag = "agents",
    operation_id = "get_agent_status",
    params(("agent_id" = String, Path, description = "`agent_<n>`, the bare number, or the id of an agent in a session")),
    responses(
        (status = 200, description = "The agent", body = AgentStatus),
        Authorized, Named, Limited, Common,
    ),
)]
pub async fn status(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<AgentStatus>, ApiError> {
    let view = agents::status(&caller, &state.app, &agent).await?;
    Ok(Json(AgentStatus::from(view)))
}
