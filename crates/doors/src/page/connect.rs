//! `GET /connect/{challenge_id}`

use super::assets;
use axum::response::Response;
use http::HeaderMap;

/// The page where the owner of an account signs in and connects it.
#[utoipa::path(
    get,
    path = "/connect/{challenge_id}",
    tag = "accounts",
    operation_id = "connect_page",
    params(("challenge_id" = String, Path, description = "The way")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 304, description = "The client has it already"),
    ),
    security(()),
)]
pub async fn page(headers: HeaderMap) -> Response {
    assets::CONNECT.answer(&headers)
}
