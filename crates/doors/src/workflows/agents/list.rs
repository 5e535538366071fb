//! `GET /api/v1/agents`, and one of them.

use super::super::read::{IdOnly, agent_id};
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
use switchboard_core::workflows::{self, AgentEntry};
use utoipa::ToSchema;

/// An agent, as ActiveWorkflow's clients know it.
#[derive(Serialize, ToSchema)]
pub struct AgentHead {
    /// Its id.
    #[schema(example = 7)]
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its type.
    #[schema(example = "Agents::CounterAgent")]
    pub r#type: String,
    /// How many messages of it are kept.
    pub messages_count: i64,
    /// Whether it is not called.
    pub disabled: bool,
    /// The agents whose messages it receives.
    pub sources: Vec<IdOnly>,
}

impl From<&AgentEntry> for AgentHead {
    fn from(entry: &AgentEntry) -> Self {
        Self {
            id: entry.agent.id.0,
            name: entry.agent.name.clone(),
            r#type: entry.setup.kind.clone(),
            messages_count: entry.messages_count,
            disabled: entry.setup.disabled_at.is_some(),
            sources: entry.sources.iter().map(IdOnly::from).collect(),
        }
    }
}

/// The caller's agents, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/agents",
    tag = "workflows",
    operation_id = "list_workflow_agents",
    responses((status = 200, description = "The agents", body = Vec<AgentHead>), Plain),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Vec<AgentHead>>, ApiError> {
    let agents = workflows::agents(&caller, &state.app).await?;
    Ok(Json(agents.iter().map(AgentHead::from).collect()))
}

/// One of the caller's agents.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent_id}",
    tag = "workflows",
    operation_id = "get_workflow_agent",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses((status = 200, description = "The agent", body = AgentHead), Plain, PlainNamed),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<AgentHead>, ApiError> {
    let entry = workflows::agent(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(Json(AgentHead::from(&entry)))
}
