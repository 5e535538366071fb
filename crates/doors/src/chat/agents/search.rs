//! `GET /api/agents/search`

use super::view::AgentListResponse;
use crate::{
    AppState,
    chat::wire::NAME_MAX,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited, WithQuery},
        error::ApiError,
        query::Query,
    },
};
use axum::{Json, extract::State};
use switchboard_core::agents;

/// The agents that the caller may use and that match, best first: exact names of agents and
/// capabilities, then words in names, capabilities and personalities.
#[utoipa::path(
    get,
    path = "/api/agents/search",
    tag = "agents",
    operation_id = "search_agents",
    params((
        "q" = String, Query, min_length = 1, max_length = 200,
        // One character at least that is no white space, as Unicode has it.
        pattern = r"[^\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
        description = "Words to look for"
    )),
    responses(
        (status = 200, description = "The agents, best first", body = AgentListResponse),
        Authorized, WithQuery, Limited, Common,
    ),
)]
pub async fn search(
    State(state): State<AppState>,
    Caller(caller): Caller,
    query: Query,
) -> Result<Json<AgentListResponse>, ApiError> {
    let views = agents::search(&caller, &state.app, query.text("q", NAME_MAX)?).await?;
    Ok(Json(AgentListResponse::new(views, state.app.ports.now())))
}
