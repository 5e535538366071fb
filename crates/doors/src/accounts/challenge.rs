//! `GET /api/accounts/challenges/{challenge_id}`

use super::view::ChallengeBody;
use crate::{
    AppState,
    kit::{
        base::base,
        caller::Caller,
        describe::{Authorized, Common, Named, WithQuery},
        error::ApiError,
        query::Query,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use http::HeaderMap;
use std::time::Duration;
use switchboard_core::accounts;

/// How long an answer may be waited for, in seconds.
const WAIT_MAX_S: i64 = 60;

/// How far a way to connect an account is. With `wait_s` the answer comes when the account is connected,
/// when it will not be any more, or after so many seconds.
#[utoipa::path(
    get,
    path = "/api/accounts/challenges/{challenge_id}",
    tag = "accounts",
    operation_id = "get_challenge",
    params(
        ("challenge_id" = String, Path, description = "The way"),
        ("wait_s" = Option<i64>, Query, minimum = 0, maximum = 60, description = "How long to wait; 0 by default"),
    ),
    responses(
        (status = 200, description = "The way", body = ChallengeBody),
        Authorized, Named, WithQuery, Common,
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: Query,
) -> Result<Json<ChallengeBody>, ApiError> {
    let wait_s = query.integer("wait_s", 0..=WAIT_MAX_S, 0)?;
    let wait = Duration::from_secs(wait_s.unsigned_abs());
    let challenge = accounts::challenge(&caller, &state.app, &id, wait).await?;
    Ok(Json(ChallengeBody::new(challenge, &base(&state, &headers))))
}
