//! The steps of a task.

use super::{
    place::Place,
    request,
    view::{PaginationBody, StepBody},
};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksNamed, TasksWithQuery},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use switchboard_core::tasks;
use switchboard_domain::nouns::Principal;
use utoipa::ToSchema;

/// A page of steps.
#[derive(Serialize, ToSchema)]
pub struct TaskStepsListResponse {
    /// The steps, in their order.
    steps: Vec<StepBody>,
    /// Which page this is.
    pagination: PaginationBody,
}

at_both_places! {
    /// The steps of a task in their order, also those that are not done yet.
    get "/ap/v1/agent/tasks/{task_id}/steps" "listAgentTaskSteps",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/steps" "listTaskStepsOfAgent",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("current_page" = Option<i64>, Query, minimum = 1, description = "Which page, from 1"),
        ("page_size" = Option<i64>, Query, minimum = 1, description = "How many items a page has: 10 unless said otherwise, and at most 1000"),
    ),
    responses(
        (status = 200, description = "The steps", body = TaskStepsListResponse),
        Tasks, TasksNamed, TasksWithQuery,
    ),
    list
}

async fn list(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let page = request::pages(&mut request.into_parts().0, state).await?;
    let (agent, task) = (place.agent(), &place.task);
    let (views, total) = tasks::steps(caller, &state.app, agent, task, page).await?;
    let body = TaskStepsListResponse {
        steps: views.into_iter().map(StepBody::from).collect(),
        pagination: PaginationBody::new(page, total),
    };
    Ok(Json(body).into_response())
}
