//! Giving an agent a task.

use super::{
    place::Place,
    request::{self, Asked},
    view::TaskBody,
};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksConflicting, TasksOfAgent, TasksPassedOn, TasksWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use switchboard_core::tasks::{self, NewTask};
use switchboard_domain::nouns::Principal;

at_both_places! {
    /// Gives the agent a task. Steps are done when they are asked for.
    post "/ap/v1/agent/tasks" "createAgentTask",
    "/agents/{agent_id}/ap/v1/agent/tasks" "createTaskOfAgent",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
         description = "The client's own name for the task: the same again makes no other one"),
    ),
    body(content = Option<Asked>, description = "What is to be done; may be absent"),
    responses(
        (status = 200, description = "The task", body = TaskBody),
        Tasks, TasksOfAgent, TasksConflicting, TasksPassedOn, TasksWithBody,
    ),
    create
}

async fn create(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let key = request::key(request.headers())?;
    let delegation = request::delegation(request.headers())?;
    let asked = Asked::read(request, state).await?;
    let new = NewTask {
        input: asked.input,
        additional_input: asked.additional_input,
        key,
        delegation,
    };
    let view = tasks::create(caller, &state.app, place.agent(), new).await?;
    Ok(Json(TaskBody::from(view)).into_response())
}
