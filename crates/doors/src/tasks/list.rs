//! The tasks of an agent.

use super::{
    place::Place,
    request,
    view::{PaginationBody, TaskBody},
};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksOfAgent, TasksWithQuery},
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

/// A page of tasks.
#[derive(Serialize, ToSchema)]
pub struct TaskListResponse {
    /// The tasks, oldest first.
    tasks: Vec<TaskBody>,
    /// Which page this is.
    pagination: PaginationBody,
}

at_both_places! {
    /// The tasks that the caller gave the agent, oldest first.
    get "/ap/v1/agent/tasks" "listAgentTasks",
    "/agents/{agent_id}/ap/v1/agent/tasks" "listTasksOfAgent",
    params(
        ("current_page" = Option<i64>, Query, minimum = 1, description = "Which page, from 1"),
        ("page_size" = Option<i64>, Query, minimum = 1, description = "How many items a page has: 10 unless said otherwise, and at most 1000"),
    ),
    responses(
        (status = 200, description = "The tasks", body = TaskListResponse),
        Tasks, TasksOfAgent, TasksWithQuery,
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
    let (views, total) = tasks::list(caller, &state.app, place.agent(), page).await?;
    let body = TaskListResponse {
        tasks: views.into_iter().map(TaskBody::from).collect(),
        pagination: PaginationBody::new(page, total),
    };
    Ok(Json(body).into_response())
}
