//! Reading workflows.

use super::super::{agents::list::AgentHead, read::workflow_id};
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
use switchboard_core::workflows::{self, WorkflowView};
use switchboard_domain::nouns::Workflow;
use utoipa::ToSchema;

/// A workflow, as ActiveWorkflow's clients know it.
#[derive(Serialize, ToSchema)]
pub struct WorkflowHead {
    /// Its id.
    #[schema(example = 3)]
    id: i64,
    /// Its name.
    name: String,
    /// What it is for.
    description: Option<String>,
}

/// A workflow with its agents.
#[derive(Serialize, ToSchema)]
pub struct WholeWorkflow {
    #[serde(flatten)]
    head: WorkflowHead,
    /// Its agents, by id.
    agents: Vec<AgentHead>,
}

impl From<&Workflow> for WorkflowHead {
    fn from(workflow: &Workflow) -> Self {
        Self {
            id: workflow.id.0,
            name: workflow.name.clone(),
            description: workflow.description.clone(),
        }
    }
}

impl From<&WorkflowView> for WholeWorkflow {
    fn from(view: &WorkflowView) -> Self {
        Self {
            head: WorkflowHead::from(&view.workflow),
            agents: view.agents.iter().map(AgentHead::from).collect(),
        }
    }
}

/// The caller's workflows, by id.
#[utoipa::path(
    get,
    path = "/api/v1/workflows",
    tag = "workflows",
    operation_id = "list_workflows",
    responses((status = 200, description = "The workflows", body = Vec<WorkflowHead>), Plain),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Vec<WorkflowHead>>, ApiError> {
    let found = workflows::workflows(&caller, &state.app).await?;
    Ok(Json(found.iter().map(WorkflowHead::from).collect()))
}

/// One of the caller's workflows, with its agents.
#[utoipa::path(
    get,
    path = "/api/v1/workflows/{workflow_id}",
    tag = "workflows",
    operation_id = "get_workflow",
    params(("workflow_id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, description = "The workflow", body = WholeWorkflow),
        Plain, PlainNamed,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
) -> Result<Json<WholeWorkflow>, ApiError> {
    let view = workflows::workflow(&caller, &state.app, workflow_id(&workflow)?).await?;
    Ok(Json(WholeWorkflow::from(&view)))
}
