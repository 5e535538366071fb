//! `GET /openapi.json`

use crate::AppState;
use axum::{Json, extract::State};
use utoipa::openapi::{OpenApi, Server};

/// The description of this API in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "ops",
    operation_id = "openapi",
    responses((status = 200, description = "The description", body = serde_json::Value)),
    security(()),
)]
pub async fn description(State(state): State<AppState>) -> Json<OpenApi> {
    let mut api = crate::openapi();
    if let Some(url) = &state.http.public_url {
        api.servers = Some(vec![Server::new(url)]);
    }
    Json(api)
}
