//! Giving an agent a task.

use super::{place::Place, request::Asked, view::TaskBody};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksOfAgent, TasksWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use switchboard_core::tasks::{self, NewTask, Status, TaskView};
use switchboard_domain::nouns::Principal;

at_both_places! {
    /// Gives the agent a task. Steps are done when they are asked for.
    post "/ap/v1/agent/tasks" "createAgentTask",
    "/agents/{agent_id}/ap/v1/agent/tasks" "createTaskOfAgent",
    params(),
    body(content = Option<Asked>, description = "What is to be done; may be absent"),
    responses(
        (status = 200, description = "The task", body = TaskBody),
        Tasks, TasksOfAgent, TasksWithBody,
    ),
    create
}

async fn create(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let asked = Asked::read(request, state).await?;
    let new = NewTask {
        input: asked.input,
        additional_input: asked.additional_input,
    };
    let task = tasks::create(caller, &state.app, place.agent(), new).await?;
    let view = TaskView {
        task,
        status: Status::Created,
        artifacts: Vec::new(),
    };
    Ok(Json(TaskBody::from(view)).into_response())
}
