//! One step.

use super::{place::Place, view::StepBody};
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
    /// A step, done or not.
    get "/ap/v1/agent/tasks/{task_id}/steps/{step_id}" "getAgentTaskStep",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/steps/{step_id}" "getTaskStepOfAgent",
    params(("task_id" = String, Path, description = "The task"), ("step_id" = String, Path, description = "The step")),
    responses(
        (status = 200, description = "The step", body = StepBody),
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
    let (agent, task) = (place.agent(), &place.task);
    let view = tasks::step(caller, &state.app, agent, task, &place.step).await?;
    Ok(Json(StepBody::from(view)).into_response())
}
