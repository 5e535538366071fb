//! `GET /api/agents/{agent_id}/messages`

use crate::{
    AppState,
    chat::frames::{self, Frame},
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited, Named, WithQuery},
        error::ApiError,
        query::Query,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::agents;
use utoipa::ToSchema;

/// A page of what came to an agent.
#[derive(Serialize, ToSchema)]
pub struct AgentMessagesResponse {
    /// The messages, oldest first.
    messages: Vec<Frame>,
    /// What to give as `after` to read on: the number of the newest message of this page, or what was
    /// given when there is none.
    next: i64,
    /// The present time.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// What came to an agent of the caller's outside of sessions: messages, and answers to its own.
#[utoipa::path(
    get,
    path = "/api/agents/{agent_id}/messages",
    tag = "agents",
    operation_id = "list_agent_messages",
    params(
        ("agent_id" = String, Path, description = "`agent_<n>` or the bare number"),
        ("after" = Option<i64>, Query, minimum = 0, description = "Only what has a higher `metadata.seq`"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "At most so many; 100 by default"),
    ),
    responses(
        (status = 200, description = "A page of messages", body = AgentMessagesResponse),
        Authorized, Named, WithQuery, Limited, Common,
    ),
)]
pub async fn messages(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
    query: Query,
) -> Result<Json<AgentMessagesResponse>, ApiError> {
    let (after, limit) = query.page()?;
    let events = agents::messages(&caller, &state.app, &agent, after, limit).await?;
    Ok(Json(AgentMessagesResponse {
        next: events.last().map_or(after, |newest| newest.position.no),
        messages: events.iter().filter_map(frames::agent_frame).collect(),
        timestamp: state.app.ports.now().to_string(),
    }))
}
