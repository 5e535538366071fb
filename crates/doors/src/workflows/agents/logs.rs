//! The log of an agent.

use super::super::read::{DONE, Done, agent_id};
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Plain, PlainNamed},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::workflows::{self, LogLine};
use switchboard_domain::ids::EmittedId;
use utoipa::ToSchema;

/// A line of a log.
#[derive(Serialize, ToSchema)]
pub struct LogBody {
    /// When it was written.
    #[schema(format = DateTime)]
    created_at: String,
    /// 3 for what the agent had to say, 4 for an error.
    #[schema(example = 3)]
    level: u8,
    /// What it says.
    message: String,
    /// The message that the agent received then; null if it received none.
    inbound_message_id: Option<i64>,
}

impl From<LogLine> for LogBody {
    fn from(line: LogLine) -> Self {
        Self {
            created_at: line.at.to_string(),
            level: line.level.number(),
            message: line.text,
            inbound_message_id: line.message.map(EmittedId::integer),
        }
    }
}

/// The newest lines of an agent's log, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent_id}/logs",
    tag = "workflows",
    operation_id = "list_logs",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses((status = 200, description = "The lines", body = Vec<LogBody>), Plain, PlainNamed),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Vec<LogBody>>, ApiError> {
    let lines = workflows::log(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(Json(lines.into_iter().map(LogBody::from).collect()))
}

/// Empties an agent's log.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent_id}/logs",
    tag = "workflows",
    operation_id = "clear_logs",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses((status = 200, description = "It is empty", body = Done), Plain, PlainNamed),
)]
pub async fn clear(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::clear_log(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(DONE)
}
