//! `POST /api/auth/verify`

use crate::{
    AppState,
    kit::{
        caller::{NOT_AUTHENTICATED, bearer},
        describe::{Common, Limited, Unauthenticated, WithQuery},
        error::ApiError,
        peer::Peer,
        problem::Problem,
    },
};
use axum::{Json, extract::State};
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use switchboard_core::identity;
use switchboard_domain::nouns::Principal;
use utoipa::ToSchema;

/// What a good access token says.
#[derive(Serialize, ToSchema)]
pub struct TokenVerification {
    /// Always true: a bad token is answered with 401.
    valid: bool,
    /// Whose it is.
    #[schema(example = "alice")]
    user: String,
    /// Always `access`.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "access")]
    kind: &'static str,
    /// When it expires, in seconds since 1970.
    exp: i64,
    /// When it was issued, in seconds since 1970.
    iat: i64,
    /// The present time.
    #[schema(format = DateTime)]
    timestamp: String,
}

/// Checks an access token.
#[utoipa::path(
    post,
    path = "/api/auth/verify",
    tag = "auth",
    operation_id = "verify",
    responses(
        (status = 200, description = "The token is good", body = TokenVerification),
        Unauthenticated, WithQuery, Limited, Common,
    ),
)]
pub async fn verify(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Json<TokenVerification>, ApiError> {
    let token = bearer(&headers).ok_or(NOT_AUTHENTICATED)?;
    if !identity::looks_like_jwt(token) {
        let msg = "Malformed token: an access token has three parts divided by dots";
        let place = ("header", "authorization");
        // The token itself is not sent back: answers are easily logged.
        return Err(Problem::at(place, "value_error", msg, Value::Null).into());
    }
    match identity::verify(&state.app, &peer.key(), token).await? {
        Principal::User {
            name,
            issued_at,
            expires_at,
            ..
        } => Ok(Json(TokenVerification {
            valid: true,
            user: name.to_string(),
            kind: "access",
            exp: expires_at.as_seconds(),
            iat: issued_at.as_seconds(),
            timestamp: state.app.ports.now().to_string(),
        })),
        Principal::ApiToken { .. } | Principal::Local { .. } => Err(NOT_AUTHENTICATED.into()),
    }
}
