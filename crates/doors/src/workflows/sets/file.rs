//! Workflow files, out and in.

use super::{super::read::workflow_id, read::WholeWorkflow};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainLimited, PlainNamed, PlainWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{FromRequest as _, Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use switchboard_core::workflows;

/// A workflow as a file, which other servers can take in.
#[utoipa::path(
    get,
    path = "/api/v1/workflows/{workflow_id}/export",
    tag = "workflows",
    operation_id = "export_workflow",
    params(("workflow_id" = i64, Path, description = "The workflow")),
    responses(
        (status = 200, description = "The file", body = Object, content_type = "application/json",
            headers(("Content-Disposition" = String, description = "The name of the file"))),
        Plain, PlainNamed,
    ),
)]
pub async fn export(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(workflow): Path<String>,
) -> Result<Response, ApiError> {
    let id = workflow_id(&workflow)?;
    let (name, text) = workflows::export(&caller, &state.app, id).await?;
    let kind = (header::CONTENT_TYPE, "application/json".to_owned());
    let file = format!("attachment; filename=\"{name}\"");
    let headers = [kind, (header::CONTENT_DISPOSITION, file)];
    Ok((headers, text).into_response())
}

/// Takes in a workflow file: makes what is not there, and changes what is to what the file says.
/// Agents and workflows are known by their guids. Nothing happens unless all of it does.
#[utoipa::path(
    post,
    path = "/api/v1/workflows/import",
    tag = "workflows",
    operation_id = "import_workflow",
    request_body(content = Object, description = "The file", content_type = "application/json"),
    responses(
        (status = 200, description = "The workflow", body = WholeWorkflow),
        Plain, PlainWithBody, PlainConflicting, PlainLimited,
    ),
)]
pub async fn import(
    State(state): State<AppState>,
    Caller(caller): Caller,
    request: Request,
) -> Result<Json<WholeWorkflow>, ApiError> {
    if !body::is_json(request.headers()) {
        return Err(ApiError::unsupported("application/json"));
    }
    let text = body::in_time(&state, String::from_request(request, &state)).await?;
    let text = text.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::status(StatusCode::PAYLOAD_TOO_LARGE),
        _ => ApiError::malformed("The file could not be read as UTF-8"),
    })?;
    let view = workflows::import(&caller, &state.app, &text).await?;
    Ok(Json(WholeWorkflow::from(&view)))
}
