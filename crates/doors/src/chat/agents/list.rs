//! `GET /api/agents/list`

use super::view::AgentListResponse;
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited, WithQuery},
        error::ApiError,
        query::{PAGE_MAX, Query},
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
    params(
        ("after" = Option<i64>, Query, minimum = 0, description = "Only agents with a higher number"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; all by default"),
    ),
    responses(
        (status = 200, description = "The agents, by id", body = AgentListResponse),
        Authorized, WithQuery, Limited, Common,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    query: Query,
) -> Result<Json<AgentListResponse>, ApiError> {
    let after = query.integer("after", 0..=i64::MAX, 0)?;
    // Clients that know of no pages get all.
    let limit = query.integer("limit", 1..=PAGE_MAX, i64::MAX)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page = agents::list(&caller, &state.app, after, limit).await?;
    Ok(Json(AgentListResponse::page(page, state.app.ports.now())))
}
