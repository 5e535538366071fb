//! Whoever runs actions.

use crate::{
    AppState,
    kit::{
        action::{ActionBody, ActionResultBody},
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Named, WithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use switchboard_core::actions::{self, ClaimRequest};
use switchboard_domain::nouns::Pattern;
use utoipa::ToSchema;

/// How long a claim waits at most, in seconds.
const LONGEST_WAIT_S: u64 = 60;
/// How many capabilities a claim names at most.
const MOST: usize = 200;

/// What an executor wants to run.
#[derive(Deserialize, Validate, ToSchema)]
#[schema(as = ClaimRequest)]
pub struct ClaimBody {
    /// Capabilities; a `*` at the end stands for any rest.
    #[garde(length(min = 1, max = MOST))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 200, example = json!(["fs.*"]))]
    capabilities: Vec<Pattern>,
    /// How long to wait for one, in seconds; not at all unless said.
    #[serde(default)]
    #[garde(range(max = LONGEST_WAIT_S))]
    #[schema(maximum = 60)]
    wait_s: u64,
}

/// An action to run, if there is one.
#[derive(Serialize, ToSchema)]
pub struct ClaimResponse {
    /// The action, with the lease under which it is to be run; null if there is none.
    #[schema(required)]
    action: Option<ActionBody>,
}

/// Claims the oldest action of the caller's user that it may run.
#[utoipa::path(
    post,
    path = "/api/actions/claim",
    tag = "actions",
    operation_id = "claim_action",
    request_body = ClaimBody,
    responses(
        (status = 200, description = "An action, or null", body = ClaimResponse),
        Authorized, WithBody, Conflicting, Common,
    ),
)]
pub async fn claim(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(given): body::Json<ClaimBody>,
) -> Result<Json<ClaimResponse>, ApiError> {
    let request = ClaimRequest {
        capabilities: given.capabilities,
        wait: Duration::from_secs(given.wait_s),
    };
    let action = actions::claim(&caller, &state.app, &request).await?;
    Ok(Json(ClaimResponse {
        action: action.as_ref().map(ActionBody::from),
    }))
}

/// That whoever runs an action still does.
#[derive(Deserialize, Validate, ToSchema)]
pub struct HeartbeatRequest {
    /// Under which lease.
    #[garde(skip)]
    lease: i64,
    /// Of what.
    #[garde(length(max = 200))]
    digest: String,
}

/// Keeps the lease of an action good for as long as its function may run, from now on.
#[utoipa::path(
    post,
    path = "/api/actions/{action_id}/heartbeat",
    tag = "actions",
    operation_id = "beat_action",
    params(("action_id" = String, Path, description = "The action")),
    request_body = HeartbeatRequest,
    responses(
        (status = 200, description = "The action", body = ActionBody),
        Authorized, Named, WithBody, Conflicting, Common,
    ),
)]
pub async fn heartbeat(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    body::Json(given): body::Json<HeartbeatRequest>,
) -> Result<Json<ActionBody>, ApiError> {
    let (lease, digest) = (given.lease, given.digest);
    let action = actions::heartbeat(&caller, &state.app, &id, lease, &digest).await?;
    Ok(Json(ActionBody::from(&action)))
}

/// Gives the result of an action, which goes on where the proposal came from.
#[utoipa::path(
    post,
    path = "/api/actions/{action_id}/result",
    tag = "actions",
    operation_id = "finish_action",
    params(("action_id" = String, Path, description = "The action")),
    request_body = ActionResultBody,
    responses(
        (status = 200, description = "The action", body = ActionBody),
        Authorized, Named, WithBody, Conflicting, Common,
    ),
)]
pub async fn result(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    body::Json(given): body::Json<ActionResultBody>,
) -> Result<Json<ActionBody>, ApiError> {
    let action = actions::finish(&caller, &state.app, &id, &given.into()).await?;
    Ok(Json(ActionBody::from(&action)))
}
