//! `POST /api/accounts`

use super::view::ChallengeBody;
use crate::{
    AppState,
    kit::{
        base::base,
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Limited, Named, WithBody},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use garde::Validate;
use http::HeaderMap;
use serde::Deserialize;
use switchboard_core::accounts::{self, Wanted};
use utoipa::ToSchema;

/// An account to connect.
#[derive(Deserialize, Validate, ToSchema)]
pub struct ConnectRequest {
    /// The provider, as the operator calls it; `GET /api/capabilities` lists them.
    #[garde(skip)]
    #[schema(example = "google")]
    provider: String,
    /// What it is to be used for; the provider's usual scopes are asked for besides.
    #[garde(skip)]
    #[serde(default)]
    #[schema(example = json!(["https://www.googleapis.com/auth/gmail.send"]))]
    scopes: Vec<String>,
    /// Whether a code is to be entered on another device, rather than a page opened.
    #[garde(skip)]
    #[serde(default)]
    device: bool,
}

/// Begins to connect an account. Open `connect_url` in a browser, or enter the code of `device`.
#[utoipa::path(
    post,
    path = "/api/accounts",
    tag = "accounts",
    operation_id = "connect_account",
    request_body = ConnectRequest,
    responses(
        (status = 200, description = "How to go on", body = ChallengeBody),
        Authorized, Named, WithBody, Conflicting, Limited, Common,
    ),
)]
pub async fn begin(
    State(state): State<AppState>,
    Caller(caller): Caller,
    headers: HeaderMap,
    body::Json(request): body::Json<ConnectRequest>,
) -> Result<Json<ChallengeBody>, ApiError> {
    let wanted = Wanted {
        provider: request.provider,
        scopes: request.scopes,
        by_device: request.device,
    };
    let challenge = accounts::begin(&caller, &state.app, &wanted).await?;
    Ok(Json(ChallengeBody::new(challenge, &base(&state, &headers))))
}
