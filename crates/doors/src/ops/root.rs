//! `GET /api`

use crate::kit::health::Health;
use axum::Json;

/// The server as it presents itself.
#[utoipa::path(
    get,
    path = "/api",
    tag = "ops",
    operation_id = "api_root",
    responses((status = 200, description = "The server", body = Health)),
    security(()),
)]
pub async fn api() -> Json<Health> {
    Json(Health::OK)
}
