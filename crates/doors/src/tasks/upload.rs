//! Adding a file to a task.

use super::{place::Place, view::ArtifactBody};
use crate::{
    AppState,
    kit::{
        body::in_time,
        describe::{Tasks, TasksNamed, TasksWithBody},
        error::ApiError,
        problem::Problem,
    },
};
use axum::{
    Json,
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::Value;
use switchboard_core::tasks::{self, FileName, Upload};
use switchboard_domain::nouns::Principal;
use utoipa::ToSchema;

/// The longest text beside a file, in bytes.
const TEXT_MAX: usize = 16 << 10;
/// What a file is called that has no name.
const NAMELESS: &str = "file";

/// A file, and where it belongs.
#[derive(ToSchema)]
#[schema(as = ArtifactUpload)]
#[expect(dead_code, reason = "it describes what is read piece by piece")]
pub struct Form {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The folder in the agent's workspace. Kept as it is, and never used as a path.
    #[schema(example = "python/code", nullable = false)]
    relative_path: Option<String>,
}

at_both_places! {
    /// Adds a file to a task. When this is answered, all of it is on disk.
    post "/ap/v1/agent/tasks/{task_id}/artifacts" "uploadAgentTaskArtifacts",
    "/agents/{agent_id}/ap/v1/agent/tasks/{task_id}/artifacts" "uploadTaskArtifactsOfAgent",
    params(("task_id" = String, Path, description = "The task")),
    body(content = Form, content_type = "multipart/form-data", description = "The file"),
    responses(
        (status = 200, description = "The file, without its content", body = ArtifactBody),
        Tasks, TasksNamed, TasksWithBody,
    ),
    upload
}

async fn upload(
    state: &AppState,
    caller: &Principal,
    place: &Place,
    request: Request,
) -> Result<Response, ApiError> {
    let (app, agent, task) = (&state.app, place.agent(), &place.task);
    // Who may not is told before the file has come.
    let begun = tasks::begin(caller, app, agent, task).await?;
    let form = Multipart::from_request(request, state).await;
    let mut form =
        form.map_err(|_| ApiError::unsupported("multipart/form-data with a boundary"))?;
    let (mut file, mut relative_path) = (None, None);
    let mut begun = Some(begun);
    while let Some(field) = in_time(state, form.next_field())
        .await?
        .map_err(|error| broken(&error))?
    {
        match (field.name().unwrap_or_default(), begun.take()) {
            ("file", Some(upload)) => file = Some(take(state, upload, field).await?),
            ("relative_path", still) => {
                begun = still;
                relative_path = Some(text(state, field).await?);
            }
            (_, still) => begun = still,
        }
    }
    let Some((upload, name)) = file else {
        return Err(Problem::missing(("body", "file"), Value::Null).into());
    };
    let name = FileName {
        relative_path,
        ..name
    };
    let artifact = upload.finish(caller, agent, task, name).await?;
    Ok(Json(ArtifactBody::from(&artifact)).into_response())
}

/// Takes a file in as it comes: each piece has a while, however long all of them take.
async fn take(
    state: &AppState,
    mut upload: Upload,
    mut field: Field<'_>,
) -> Result<(Upload, FileName), ApiError> {
    let name = FileName {
        file_name: field.file_name().unwrap_or(NAMELESS).to_owned(),
        relative_path: None,
        content_type: field.content_type().map(str::to_owned),
    };
    while let Some(bytes) = in_time(state, field.chunk())
        .await?
        .map_err(|error| broken(&error))?
    {
        upload.write(bytes).await?;
    }
    Ok((upload, name))
}

async fn text(state: &AppState, mut field: Field<'_>) -> Result<String, ApiError> {
    let mut text = Vec::new();
    while let Some(bytes) = in_time(state, field.chunk())
        .await?
        .map_err(|error| broken(&error))?
    {
        text.extend_from_slice(&bytes);
        if text.len() > TEXT_MAX {
            let msg = format!("may have at most {TEXT_MAX} bytes");
            let place = ("body", "relative_path");
            return Err(Problem::at(place, "string_too_long", msg, Value::Null).into());
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn broken(error: &MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::status(StatusCode::PAYLOAD_TOO_LARGE),
        _ => ApiError::malformed("The form could not be read to its end"),
    }
}
