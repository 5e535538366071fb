//! Deleting a task.

use super::place::Place;
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksConflicting, TasksNamed},
        error::ApiError,
    },
};
use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use switchboard_core::tasks;
use switchboard_domain::nouns::Principal;

at_both_places! {
    /// Deletes a task with its steps and files. A step that runs is broken off.
    delete "/ap/v1/agent/tasks/{task_id}" "deleteAgentTask",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}" "deleteTaskOfAgent",
    params(("task_id" = String, Path, description = "The task")),
    responses(
        (status = 204, description = "It is gone"),
        Tasks, TasksNamed, TasksConflicting,
    ),
    work
}

async fn work(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    _: Request,
) -> Result<Response, ApiError> {
    tasks::delete(caller, &state.app, place.agent(), &place.task).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
