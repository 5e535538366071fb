//! `GET /healthz`, `GET /readyz`

use crate::{
    AppState,
    kit::{describe::Common, error::ApiError, health::Health},
};
use axum::{Json, extract::State};

/// Whether the process is alive.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "ops",
    operation_id = "healthz",
    responses((status = 200, description = "It is", body = Health)),
    security(()),
)]
pub async fn healthz() -> Json<Health> {
    Json(Health::OK)
}

/// Whether the server takes requests: its store answers, and it is not going down.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "ops",
    operation_id = "readyz",
    responses((status = 200, description = "It does", body = Health), Common),
    security(()),
)]
pub async fn readyz(State(state): State<AppState>) -> Result<Json<Health>, ApiError> {
    state.app.ready().await.map_err(|cause| {
        tracing::warn!(?cause, "not ready");
        switchboard_domain::Error::Unavailable
    })?;
    Ok(Json(Health::OK))
}
