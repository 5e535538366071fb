//! `DELETE /api/chat/sessions/{session_id}`

use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Limited, Named},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::sessions;
use utoipa::ToSchema;

/// What deleting a session answers.
#[derive(Serialize, ToSchema)]
pub struct DeleteSessionResponse {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// The same in words.
    #[schema(example = "Session ended")]
    message: &'static str,
}

/// Ends a session of the caller's. What runs in it is cancelled, its connections are closed, and its
/// transcript stays readable.
#[utoipa::path(
    delete,
    path = "/api/chat/sessions/{session_id}",
    tag = "chat",
    operation_id = "delete_session",
    params(("session_id" = String, Path, description = "The session")),
    responses(
        (status = 200, description = "The session is over", body = DeleteSessionResponse),
        Authorized, Named, Conflicting, Limited, Common,
    ),
)]
pub async fn end(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(session): Path<String>,
) -> Result<Json<DeleteSessionResponse>, ApiError> {
    sessions::end(&caller, &state.app, &session).await?;
    Ok(Json(DeleteSessionResponse {
        status: "success",
        message: "Session ended",
    }))
}
