//! What happens to a task, as it happens.

use super::{
    place::Place,
    view::{ArtifactBody, StepBody},
};
use crate::{
    AppState,
    kit::{
        describe::{Tasks, TasksNamed, TasksWithQuery},
        error::ApiError,
        problem::Problem,
    },
};
use axum::{
    extract::Request,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as Sent, KeepAlive},
    },
};
use futures::{StreamExt, stream};
use http::HeaderMap;
use serde_json::{Value, json};
use std::convert::Infallible;
use switchboard_core::{
    Live,
    tasks::{self, Following, Status, StepView},
};
use switchboard_domain::{
    ids::{StepId, TaskId},
    nouns::{Event, Object, Principal, Recorded, StepResult},
};
use utoipa::ToSchema;

/// An event of the stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is written line by line")]
pub struct TaskEvent {
    /// Its number in the task, for `Last-Event-ID`.
    #[schema(example = "2")]
    id: String,
    /// What happened.
    #[schema(example = "step.created")]
    event: String,
    /// The event as JSON, with its `type`, its `cursor`, and what it is about.
    data: String,
}

at_both_places! {
    /// Every change of a task as server-sent events: those behind the cursor first, then those that
    /// come. The stream ends when the task is over.
    get "/ap/v1/agent/tasks/{task_id}/events" "followAgentTask",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/events" "followTaskOfAgent",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("Last-Event-ID" = Option<i64>, Header, minimum = 0, nullable = false,
         description = "The number of the last event that was seen; without it all come"),
    ),
    responses(
        (status = 200, description = "The events: `task.created`, `step.created`, `step.completed`, `artifact.created`, `task.cancelled`; each with its number as id", content_type = "text/event-stream", body = TaskEvent),
        Tasks, TasksNamed, TasksWithQuery,
    ),
    follow
}

async fn follow(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let after = cursor(request.headers())?;
    let (app, agent) = (&state.app, place.agent());
    let following = tasks::follow(caller, app, agent, &place.task, after).await?;
    let sent = stream::unfold(Some(following), next).map(Ok::<_, Infallible>);
    let mut response = Sse::new(sent)
        .keep_alive(KeepAlive::default())
        .into_response();
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", http::HeaderValue::from_static("no"));
    Ok(response)
}

/// The cursor that a client comes back with.
fn cursor(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    match text.parse::<i64>() {
        _ if text.is_empty() => Ok(None),
        Ok(no) if no >= 0 => Ok(Some(no)),
        _ => {
            let msg = "must be the id of an event, or be left out";
            let place = ("header", "Last-Event-ID");
            Err(Problem::at(place, "int_parsing", msg, text.into()).into())
        }
    }
}

/// The next event, and who goes on behind it; none once the task is over.
async fn next(following: Option<Following>) -> Option<(Sent, Option<Following>)> {
    let mut following = following?;
    loop {
        if following
            .over_at
            .is_some_and(|no| following.follower.cursor() >= no)
        {
            return None;
        }
        // Who was too slow, or finds the server going down, comes again with the last cursor.
        let Ok(Live::Event(event)) = following.follower.next().await else {
            return None;
        };
        let recorded = &event.recorded;
        if ends(&recorded.event) && following.over_at.is_none() {
            following.over_at = Some(recorded.position.no);
        }
        if let Some(sent) = sent(&following.task, recorded) {
            return Some((sent, Some(following)));
        }
    }
}

fn ends(event: &Event) -> bool {
    match event {
        Event::StepDone { result, .. } => result.is_last,
        Event::TaskCancelled => true,
        _ => false,
    }
}

/// An event as it is sent.
fn sent(task: &TaskId, recorded: &Recorded) -> Option<Sent> {
    let (name, mut data) = named(task, recorded)?;
    data["type"] = name.into();
    data["cursor"] = recorded.position.no.into();
    data["created_at"] = recorded.position.at.to_string().into();
    let id = recorded.position.no.to_string();
    Some(Sent::default().event(name).id(id).data(data.to_string()))
}

fn named(task: &TaskId, recorded: &Recorded) -> Option<(&'static str, Value)> {
    let position = recorded.position;
    Some(match &recorded.event {
        Event::TaskCreated { agent, input } => (
            "task.created",
            json!({"task_id": task, "agent": agent, "input": input}),
        ),
        Event::StepAccepted {
            input,
            additional_input,
            ..
        } => {
            let step = StepView {
                input: input.clone(),
                additional_input: additional_input.clone(),
                ..empty(task, position.no, recorded)
            };
            ("step.created", json!({"step": StepBody::from(step)}))
        }
        Event::StepDone { step, result } => {
            let step = StepView {
                status: Status::Completed,
                result: (**result).clone(),
                ..empty(task, *step, recorded)
            };
            ("step.completed", json!({"step": of_outcome(step)}))
        }
        Event::ArtifactAdded { artifact } => {
            let body = ArtifactBody::from(&**artifact);
            ("artifact.created", json!({"artifact": body}))
        }
        Event::TaskCancelled => ("task.cancelled", json!({"task_id": task})),
        _ => return None,
    })
}

fn empty(task: &TaskId, no: i64, recorded: &Recorded) -> StepView {
    StepView {
        id: StepId {
            task: task.clone(),
            no,
        },
        status: Status::Created,
        input: None,
        additional_input: Object::new(),
        result: StepResult::default(),
        created_at: recorded.position.at,
        modified_at: recorded.position.at,
    }
}

/// What came of a step. What it was asked was told when it was accepted.
fn of_outcome(step: StepView) -> Value {
    let mut body = json!(StepBody::from(step));
    if let Some(members) = body.as_object_mut() {
        for told in ["input", "additional_input", "created_at"] {
            members.remove(told);
        }
    }
    body
}
