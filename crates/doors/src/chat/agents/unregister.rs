//! `DELETE /api/agents/{agent_id}`

use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Limited, Named},
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

/// What unregistering an agent answers.
#[derive(Serialize, ToSchema)]
pub struct UnregisterResponse {
    /// The agent that is gone.
    #[schema(example = "agent_7")]
    agent_id: String,
    /// Always `unregistered`.
    #[schema(example = "unregistered")]
    status: &'static str,
    /// The present time.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// Unregisters an agent of the caller's. Sessions in which it has a place answer with an error from
/// then on.
#[utoipa::path(
    delete,
    path = "/api/agents/{agent_id}",
    tag = "agents",
    operation_id = "unregister_agent",
    params(("agent_id" = String, Path, description = "`agent_<n>` or the bare number")),
    responses(
        (status = 200, description = "The agent is gone", body = UnregisterResponse),
        Authorized, Named, Conflicting, Limited, Common,
    ),
)]
pub async fn unregister(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<UnregisterResponse>, ApiError> {
    let id = agents::unregister(&caller, &state.app, &agent).await?;
    Ok(Json(UnregisterResponse {
        agent_id: id.to_string(),
        status: "unregistered",
        timestamp: state.app.ports.now().to_string(),
    }))
}
