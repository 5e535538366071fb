//! `POST /api/v1/agents/{agent_id}/dry_run`

use super::super::read::{agent_id, not_huge};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainNamed, PlainWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::workflows::{self, DryRun};
use switchboard_domain::nouns::{Object, Outcome};
use utoipa::ToSchema;

/// What an agent is tried with; what is left out is as it is stored.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({"options": {"step": 2}, "message": {"n": 1}}))]
pub struct Trial {
    /// Its options.
    #[garde(inner(custom(not_huge)))]
    #[schema(value_type = Option<Object>)]
    options: Option<Object>,
    /// What it remembers.
    #[garde(inner(custom(not_huge)))]
    #[schema(value_type = Option<Object>)]
    memory: Option<Object>,
    /// The payload of a message that it receives; without it, it checks.
    #[garde(inner(custom(not_huge)))]
    #[schema(value_type = Option<Object>)]
    message: Option<Object>,
}

/// What the agent answered. Nothing of it is stored.
#[derive(Serialize, ToSchema)]
pub struct TrialOutcome {
    /// What it had to say.
    logs: Vec<String>,
    /// What it reported as errors, or why the call failed.
    errors: Vec<String>,
    /// What it would remember; null for what it remembers now.
    #[schema(value_type = Option<Object>)]
    memory: Option<Object>,
    /// The payloads of the messages that it would emit.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Object>,
}

impl From<Outcome> for TrialOutcome {
    fn from(outcome: Outcome) -> Self {
        Self {
            logs: outcome.logs,
            errors: outcome.errors,
            memory: outcome.memory,
            messages: outcome.messages,
        }
    }
}

/// Calls an agent, and stores nothing of what it answers. The agent itself is really called: what it
/// does elsewhere, it does.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent_id}/dry_run",
    tag = "workflows",
    operation_id = "dry_run_workflow_agent",
    params(("agent_id" = i64, Path, description = "The agent")),
    request_body = Trial,
    responses(
        (status = 200, description = "What it answered", body = TrialOutcome),
        Plain, PlainNamed, PlainWithBody,
    ),
)]
pub async fn dry_run(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
    body::Json(trial): body::Json<Trial>,
) -> Result<Json<TrialOutcome>, ApiError> {
    let run = DryRun {
        options: trial.options,
        memory: trial.memory,
        payload: trial.message,
    };
    let outcome = workflows::dry_run(&caller, &state.app, agent_id(&agent)?, run).await?;
    Ok(Json(outcome.into()))
}
