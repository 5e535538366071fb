//! What is done to agents by hand.

use super::super::read::{DONE, Done, agent_id};
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainNamed},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use switchboard_core::workflows;

/// Lets an agent check now, or as soon as it is its turn.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent_id}/run",
    tag = "workflows",
    operation_id = "run_workflow_agent",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "It waits for its turn", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn run(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::run_check(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(DONE)
}
