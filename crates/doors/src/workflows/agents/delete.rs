//! Deleting and copying agents.

use super::{
    super::read::{DONE, Done, agent_id},
    details::AgentDetails,
};
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainLimited, PlainNamed, PlainWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use switchboard_core::workflows;

/// Deletes an agent, with its messages, memory, log and deliveries.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent_id}",
    tag = "workflows",
    operation_id = "delete_workflow_agent",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "It is gone", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::delete(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(DONE)
}

/// Makes a copy of an agent, with its links and without its memory.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent_id}/clone",
    tag = "workflows",
    operation_id = "clone_workflow_agent",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "The copy", body = AgentDetails),
        Plain, PlainNamed, PlainWithBody, PlainConflicting, PlainLimited,
    ),
)]
pub async fn copy(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<AgentDetails>, ApiError> {
    let entry = workflows::copy(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(Json(AgentDetails::new(&entry, state.app.ports.now())))
}
