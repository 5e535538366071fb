//! `GET /api/chat/sessions/{session_id}`

use super::view::SessionResponse;
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Limited, Named},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use switchboard_core::sessions;

/// A session of the caller's.
#[utoipa::path(
    get,
    path = "/api/chat/sessions/{session_id}",
    tag = "chat",
    operation_id = "get_session",
    params(("session_id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "The session", body = SessionResponse),
        Authorized, Named, Limited, Common,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(session): Path<String>,
) -> Result<Json<SessionResponse>, ApiError> {
    let session = sessions::get(&caller, &state.app, &session).await?;
    Ok(Json(SessionResponse::from(&session)))
}
