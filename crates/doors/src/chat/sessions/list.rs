//! `GET /api/chat/sessions`

use super::view::SessionResponse;
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use serde::Serialize;
use switchboard_core::sessions;
use utoipa::ToSchema;

/// The caller's sessions.
#[derive(Serialize, ToSchema)]
pub struct SessionListResponse {
    /// The sessions, oldest first; those that were deleted are not among them.
    sessions: Vec<SessionResponse>,
    /// How many there are.
    total_count: usize,
    /// The present time.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// The caller's sessions, active and expired, oldest first.
#[utoipa::path(
    get,
    path = "/api/chat/sessions",
    tag = "chat",
    operation_id = "list_sessions",
    responses(
        (status = 200, description = "The sessions", body = SessionListResponse),
        Authorized, Limited, Common,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<SessionListResponse>, ApiError> {
    let sessions = sessions::list(&caller, &state.app).await?;
    Ok(Json(SessionListResponse {
        sessions: sessions.iter().map(SessionResponse::from).collect(),
        total_count: sessions.len(),
        timestamp: state.app.ports.now().to_string(),
    }))
}
