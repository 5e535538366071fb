//! `POST /api/auth/logout`

use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use serde::Serialize;
use switchboard_core::identity;
use utoipa::ToSchema;

/// What a logout answers.
#[derive(Serialize, ToSchema)]
pub struct LogoutResponse {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// The same in words.
    #[schema(example = "Logged out")]
    message: &'static str,
}

/// Ends the access token with which the request comes, and its connections.
#[utoipa::path(
    post,
    path = "/api/auth/logout",
    tag = "auth",
    operation_id = "logout",
    responses(
        (status = 200, description = "The token is void", body = LogoutResponse),
        Authorized, Common,
    ),
)]
pub async fn logout(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<LogoutResponse>, ApiError> {
    identity::logout(&caller, &state.app).await?;
    Ok(Json(LogoutResponse {
        status: "success",
        message: "Logged out",
    }))
}
