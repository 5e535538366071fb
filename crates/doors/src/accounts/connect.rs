//! `POST /connect/{challenge_id}`
//!
//! The page at this address asks its visitor to sign in as everywhere, by name and password, and then sends the token in
//! a header: so no page of somebody else's can begin in their name. The cookie that it gets in return
//! says no more than that this browser is the one that began.

use super::place;
use crate::{
    AppState,
    kit::{
        base::base,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Named},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use switchboard_core::accounts;
use utoipa::ToSchema;

/// Where the browser is to go.
#[derive(Serialize, ToSchema)]
pub struct ConnectResponse {
    /// The provider's page.
    location: String,
}

/// Sends the caller, who must be the owner, to the provider. The browser keeps the cookie that comes
/// along until it comes back.
#[utoipa::path(
    post,
    path = "/connect/{challenge_id}",
    tag = "accounts",
    operation_id = "connect_begin",
    params(("challenge_id" = String, Path, description = "The way")),
    responses(
        (status = 200, description = "Where to go", body = ConnectResponse),
        Authorized, Named, Conflicting, Common,
    ),
)]
pub async fn start(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let back = place::redirect_uri(&state, &headers);
    let started = accounts::start(&caller, &state.app, &id, &back).await?;
    let cookie = place::set_cookie(&base(&state, &headers), &started.cookie);
    let cookie = cookie.ok_or_else(|| ApiError::status(StatusCode::INTERNAL_SERVER_ERROR))?;
    let location = started.location;
    let mut response = Json(ConnectResponse { location }).into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, cookie);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
