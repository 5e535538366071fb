//! Cancelling a task.

use super::{place::Place, view::TaskBody};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksConflicting, TasksNamed},
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
    /// Cancels a task: the step that runs is broken off, and no other is done. A task that is over stays as it is.
    post "/ap/v1/agent/tasks/{task_id}/cancel" "cancelAgentTask",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/cancel" "cancelTaskOfAgent",
    params(("task_id" = String, Path, description = "The task")),
    responses(
        (status = 200, description = "The task as it stands then", body = TaskBody),
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
    let (agent, task) = (place.agent(), &place.task);
    tasks::cancel(caller, &state.app, agent, task).await?;
    let view = tasks::get(caller, &state.app, agent, task).await?;
    Ok(Json(TaskBody::from(view)).into_response())
}
