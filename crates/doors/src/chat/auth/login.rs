//! `POST /api/auth/login`

use crate::{
    AppState,
    kit::{
        describe::{Common, Limited, Unauthenticated, WithBody},
        error::ApiError,
        form::Form,
        peer::Peer,
    },
};
use axum::{Json, extract::State};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use switchboard_core::identity;
use utoipa::ToSchema;

/// The form of a login. Further fields of OAuth 2.0 clients, such as `grant_type`, are ignored.
#[derive(Deserialize, ToSchema)]
#[allow(dead_code, reason = "describes the form; the fields are read by name")]
pub struct LoginForm {
    /// Who.
    #[schema(min_length = 1, example = "alice")]
    username: String,
    /// The password.
    #[schema(min_length = 1, format = Password)]
    password: String,
}

/// An access token.
#[derive(Serialize, ToSchema)]
#[allow(
    clippy::struct_field_names,
    reason = "the names are those of OAuth 2.0 (RFC 6749)"
)]
pub struct Token {
    /// A JWT with `sub`, `type`, `exp` and `iat`.
    access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// How long it lives, in seconds.
    #[schema(example = 1800)]
    expires_in: i64,
}

/// Signs in.
#[utoipa::path(
    post,
    path = "/api/auth/login",
    tag = "auth",
    operation_id = "login",
    request_body(content = LoginForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Signed in", body = Token),
        Unauthenticated, WithBody, Limited, Common,
    ),
    security(()),
)]
pub async fn login(
    State(state): State<AppState>,
    peer: Peer,
    form: Form,
) -> Result<Json<Token>, ApiError> {
    let [username, password] = form.require(["username", "password"])?;
    let token = identity::login(&state.app, &peer.key(), &username, password.into()).await?;
    Ok(Json(Token {
        access_token: token.token.expose_secret().to_owned(),
        token_type: "bearer",
        expires_in: token.expires_in_s,
    }))
}
