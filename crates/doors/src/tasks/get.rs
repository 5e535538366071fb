//! One task.

use super::{place::Place, view::TaskBody};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksNamed},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use switchboard_core::tasks;
use switchboard_domain::nouns::Principal;

at_both_places! {
    /// A task with its files.
    get "/ap/v1/agent/tasks/{task_id}" "getAgentTask",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}" "getTaskOfAgent",
    params(("task_id" = String, Path, description = "The task")),
    responses(
        (status = 200, description = "The task", body = TaskBody),
        Tasks, TasksNamed,
    ),
    work
}

async fn work(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    _: Request,
) -> Result<Response, ApiError> {
    let view = tasks::get(caller, &state.app, place.agent(), &place.task).await?;
    Ok(Json(TaskBody::from(view)).into_response())
}
