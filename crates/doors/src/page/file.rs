//! `GET /page/{file}`

use super::assets;
use crate::kit::error::ApiError;
use axum::{extract::Path, response::Response};
use http::{HeaderMap, StatusCode};

/// A file of the page.
#[utoipa::path(
    get,
    path = "/page/{file}",
    tag = "ops",
    operation_id = "page_file",
    params(("file" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The file"),
        (status = 304, description = "The client has it already"),
        (status = 404, description = "There is no such file", body = crate::kit::describe::ErrorResponse),
    ),
    security(()),
)]
pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let asset = assets::find(&name).ok_or_else(|| ApiError::status(StatusCode::NOT_FOUND))?;
    Ok(asset.answer(&headers))
}
