//! What an agent remembers.

use super::super::read::{DONE, Done, agent_id, not_huge};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainNamed, PlainWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::workflows;
use switchboard_domain::nouns::Object;
use utoipa::ToSchema;

/// What an agent remembers.
#[derive(Deserialize, Serialize, Validate, ToSchema)]
pub struct MemoryBody {
    /// It, whole.
    #[garde(custom(not_huge))]
    #[schema(value_type = Object)]
    memory: Object,
}

/// What an agent remembers.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent_id}/memory",
    tag = "workflows",
    operation_id = "get_memory",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses((status = 200, description = "Its memory", body = MemoryBody), Plain, PlainNamed),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<MemoryBody>, ApiError> {
    let memory = workflows::memory(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(Json(MemoryBody { memory }))
}

/// Replaces what an agent remembers. A call that is under way is made anew with it.
#[utoipa::path(
    put,
    path = "/api/v1/agents/{agent_id}/memory",
    tag = "workflows",
    operation_id = "set_memory",
    params(("agent_id" = i64, Path, description = "The agent")),
    request_body = MemoryBody,
    responses(
        (status = 200, description = "It is stored", body = Done),
        Plain, PlainNamed, PlainWithBody, PlainConflicting,
    ),
)]
pub async fn set(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
    body::Json(given): body::Json<MemoryBody>,
) -> Result<Json<Done>, ApiError> {
    workflows::set_memory(&caller, &state.app, agent_id(&agent)?, given.memory).await?;
    Ok(DONE)
}

/// Lets an agent forget.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent_id}/memory",
    tag = "workflows",
    operation_id = "erase_memory",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "It is gone", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn erase(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::erase_memory(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(DONE)
}
