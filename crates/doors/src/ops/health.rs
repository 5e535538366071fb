//! `GET /healthz`, `GET /readyz`

use crate::{
    AppState,
    kit::{describe::Common, error::ApiError},
};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// The server as it presents itself.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: a server that is not answers nothing, or an error.
    #[schema(example = "ok")]
    status: &'static str,
    /// The name of this software.
    #[schema(example = "Switchboard")]
    name: &'static str,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: &'static str,
}

impl Health {
    /// All is well.
    pub const OK: Self = Self {
        status: "ok",
        name: "Switchboard",
        version: env!("CARGO_PKG_VERSION"),
    };
}

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
