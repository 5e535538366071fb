//! `GET /api/agents/list`

use super::view::AgentListResponse;
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use switchboard_core::agents;

/// The agents that the caller may use: their own, and those that are shared with them.
#[utoipa::path(
    get,
    path = "/api/agents/list",
    tag = "agents",
    operation_id = "list_agents",
    responses(
        (status = 200, description = "The agents, by id", body = AgentListResponse),
        Authorized, Limited, Common,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<AgentListResponse>, ApiError> {
    let views = agents::list(&caller, &state.app).await?;
    Ok(Json(AgentListResponse::new(views, state.app.ports.now())))
}
