//! Asking for a step.

use super::{
    place::Place,
    request::{self, StepAsked},
    view::StepBody,
};
use crate::{
    AppState,
    kit::{
        capabilities,
        describe::{Tasks, TasksAgreed, TasksNamed, TasksPassedOn, TasksWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::Request,
    response::{IntoResponse, Response},
};
use switchboard_core::tasks::{self, NewStep};
use switchboard_domain::nouns::{Principal, Said};

at_both_places! {
    /// Does the next step of a task, and answers when it is done. It is done even if the client goes
    /// away. After the last step the answer is that step.
    post "/ap/v1/agent/tasks/{task_id}/steps" "executeAgentTaskStep",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/steps" "executeTaskStepOfAgent",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
         description = "The client's own name for the step: the same again is the same step"),
        ("Prefer" = Option<String>, Header,
         description = "`respond-async` answers at once, `wait=N` after N seconds at the latest"),
        ("X-Client-Capabilities" = Option<String>, Header,
         description = "What the client can, prefers or demands to do (RFC 9651), e.g. `mail.send;need=demand, fs.*`"),
        ("Agent-Autonomy" = Option<String>, Header,
         description = "What the run may do without asking, e.g. `mode=continuous, ttl=900`"),
    ),
    body(content = Option<StepAsked>, description = "What is to be done; may be absent"),
    responses(
        (status = 200, description = "The step; while actions are open, the last one with these", body = StepBody, headers(
            ("X-Capabilities-Applied" = String, description = "Where each function is run, if the client says what it can do"),
        )),
        Tasks, TasksNamed, TasksAgreed, TasksPassedOn, TasksWithBody,
    ),
    execute
}

async fn execute(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let key = request::key(request.headers())?;
    let delegation = request::delegation(request.headers())?;
    let patience = request::patience(request.headers());
    let headers = capabilities::Said::of(request.headers())?;
    let mut asked = StepAsked::read(request, state).await?;
    let results = asked.results()?;
    let new = NewStep {
        input: asked.input,
        additional_input: asked.additional_input,
        said: Said {
            capabilities: headers.client,
            autonomy: headers.autonomy,
        },
        results,
        key,
        delegation,
    };
    let (app, agent) = (&state.app, place.agent());
    let done = tasks::execute(caller, app, agent, &place.task, new, patience);
    let (view, applied) = done.await?;
    let mut response = Json(StepBody::from(view)).into_response();
    if let Some(header) = applied.as_ref().and_then(capabilities::applied) {
        response.headers_mut().insert(capabilities::APPLIED, header);
    }
    Ok(response)
}
