//! Making, changing and deleting workflows.

use super::{
    super::read::{DONE, Done, agent_id, invalid, workflow_id},
    read::WholeWorkflow,
};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{
            Plain, PlainConflicting, PlainLimited, PlainNamed, PlainWithBody, PlainWithQuery,
        },
        error::ApiError,
        query::Query,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::Deserialize;
use switchboard_core::workflows::{self, Fate, WorkflowEdit};
use switchboard_domain::ids::AgentId;
use utoipa::ToSchema;

/// A workflow to make.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({"name": "Morning report", "agents": [7, 8]}))]
pub struct NewWorkflow {
    /// Its name.
    #[garde(length(chars, min = 1, max = 255))]
    #[schema(min_length = 1, max_length = 255)]
    name: String,
    #[serde(flatten)]
    #[garde(dive)]
    rest: WorkflowRest,
}

/// What is to change of a workflow; what is left out stays.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(example = json!({"agents": [7, 8]}))]
pub struct WorkflowChange {
    /// Its name.
    #[garde(length(chars, min = 1, max = 255))]
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    #[serde(flatten)]
    #[garde(dive)]
    rest: WorkflowRest,
}

/// What a workflow has besides its name.
#[derive(Deserialize, Validate, ToSchema)]
pub struct WorkflowRest {
    /// What it is for.
    #[garde(length(chars, max = 65_536))]
    #[schema(max_length = 65_536)]
    description: Option<String>,
    /// The colour of its tag's text.
    #[garde(length(chars, max = 255))]
    #[schema(max_length = 255, example = "#ffffff")]
    tag_fg_color: Option<String>,
    /// The colour of its tag.
    #[garde(length(chars, max = 255))]
    #[schema(max_length = 255, example = "#5bc0de")]
    tag_bg_color: Option<String>,
    /// The name of its picture.
    #[garde(length(chars, max = 255))]
    #[schema(max_length = 255, example = "gear")]
    icon: Option<String>,
    /// Its agents.
    #[garde(length(max = 1000))]
    #[schema(max_items = 1000)]
    agents: Option<Vec<i64>>,
}

impl WorkflowRest {
    fn with(self, name: Option<String>) -> WorkflowEdit {
        WorkflowEdit {
            name,
            description: self.description,
            tag_fg_color: self.tag_fg_color,
            tag_bg_color: self.tag_bg_color,
            icon: self.icon,
            agents: self
                .agents
                .map(|ids| ids.into_iter().map(AgentId).collect()),
        }
    }
}

/// Makes a workflow.
#[utoipa::path(
    post,
    path = "/api/v1/workflows",
    tag = "workflows",
    operation_id = "create_workflow",
    request_body = NewWorkflow,
    responses(
        (status = 200, description = "The workflow", body = WholeWorkflow),
        Plain, PlainWithBody, PlainConflicting, PlainLimited,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(new): body::Json<NewWorkflow>,
) -> Result<Json<WholeWorkflow>, ApiError> {
    let new = new.rest.with(Some(new.name));
    let view = workflows::create_workflow(&caller, &state.app, new).await?;
    Ok(Json(WholeWorkflow::from(&view)))
}

/// Changes a workflow.
#[utoipa::path(
    patch,
    path = "/api/v1/workflows/{workflow_id}",
    tag = "workflows",
    operation_id = "edit_workflow",
    params(("workflow_id" = i64, Path, description = "The workflow")),
    request_body = WorkflowChange,
    responses(
        (status = 200, description = "The workflow", body = WholeWorkflow),
        Plain, PlainNamed, PlainWithBody, PlainConflicting,
    ),
)]
pub async fn edit(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
    body::Json(change): body::Json<WorkflowChange>,
) -> Result<Json<WholeWorkflow>, ApiError> {
    let (id, change) = (workflow_id(&workflow)?, change.rest.with(change.name));
    let view = workflows::edit_workflow(&caller, &state.app, id, change).await?;
    Ok(Json(WholeWorkflow::from(&view)))
}

/// Deletes a workflow.
#[utoipa::path(
    delete,
    path = "/api/v1/workflows/{workflow_id}",
    tag = "workflows",
    operation_id = "delete_workflow",
    params(
        ("workflow_id" = i64, Path, description = "The workflow"),
        ("agents" = Option<String>, Query, description = "What becomes of its agents: `keep`, as \
            unless said, `delete_unless_elsewhere` or `delete`", pattern = "^(keep|delete_unless_elsewhere|delete)$"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Done),
        Plain, PlainNamed, PlainConflicting, PlainWithQuery,
    ),
)]
pub async fn delete(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
    query: Query,
) -> Result<Json<Done>, ApiError> {
    let fate = match query.get("agents") {
        None | Some("keep") => Fate::Kept,
        Some("delete_unless_elsewhere") => Fate::DeletedIfAlone,
        Some("delete") => Fate::Deleted,
        Some(_) => return Err(invalid("agents")),
    };
    let id = workflow_id(&workflow)?;
    workflows::delete_workflow(&caller, &state.app, id, fate).await?;
    Ok(DONE)
}

/// Enables all agents of a workflow.
#[utoipa::path(
    post,
    path = "/api/v1/workflows/{workflow_id}/enable",
    tag = "workflows",
    operation_id = "enable_workflow",
    params(("workflow_id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, description = "They are enabled", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn enable(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::switch_workflow(&caller, &state.app, workflow_id(&workflow)?, false).await?;
    Ok(DONE)
}

/// Disables all agents of a workflow.
#[utoipa::path(
    post,
    path = "/api/v1/workflows/{workflow_id}/disable",
    tag = "workflows",
    operation_id = "disable_workflow",
    params(("workflow_id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, description = "They are disabled", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn disable(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::switch_workflow(&caller, &state.app, workflow_id(&workflow)?, true).await?;
    Ok(DONE)
}

/// Deletes the messages and logs of all agents of a workflow.
#[utoipa::path(
    post,
    path = "/api/v1/workflows/{workflow_id}/reset",
    tag = "workflows",
    operation_id = "reset_workflow",
    params(
        ("workflow_id" = i64, Path, description = "The workflow"),
        ("memory" = Option<bool>, Query, description = "Whether their memories are erased too"),
    ),
    responses(
        (status = 200, description = "They are gone", body = Done),
        Plain, PlainNamed, PlainConflicting, PlainWithQuery,
    ),
)]
pub async fn reset(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
    query: Query,
) -> Result<Json<Done>, ApiError> {
    let with_memory = match query.get("memory") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(invalid("memory")),
    };
    let id = workflow_id(&workflow)?;
    workflows::reset_workflow(&caller, &state.app, id, with_memory).await?;
    Ok(DONE)
}

/// Takes an agent out of a workflow.
#[utoipa::path(
    delete,
    path = "/api/v1/workflows/{workflow_id}/agents/{agent_id}",
    tag = "workflows",
    operation_id = "leave_workflow",
    params(
        ("workflow_id" = i64, Path, description = "The workflow"),
        ("agent_id" = i64, Path, description = "The agent"),
    ),
    responses(
        (status = 200, description = "It is in it no more", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn leave(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path((workflow, agent)): Path<(String, String)>,
) -> Result<Json<Done>, ApiError> {
    let (id, agent) = (workflow_id(&workflow)?, agent_id(&agent)?);
    workflows::leave(&caller, &state.app, id, agent).await?;
    Ok(DONE)
}
