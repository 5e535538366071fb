//! Whoever runs actions.

use super::view::ActionBody;
use crate::{
    AppState,
    kit::{
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
use serde_json::Value;
use std::time::Duration;
use switchboard_core::actions::{self, ClaimRequest, Finished};
use switchboard_domain::nouns::{
    Pattern,
    action::{ActionResult, IJson},
};
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

/// Whether it was done.
#[derive(Debug, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ResultStatus {
    /// It was done.
    Succeeded,
    /// It was tried in vain.
    Failed,
    /// It was not tried.
    Declined,
}

/// What came of an action.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct ActionResultBody {
    /// Under which lease it was run.
    #[garde(skip)]
    lease: i64,
    /// What was run.
    #[garde(length(max = 200))]
    digest: String,
    /// Whether it was done.
    #[garde(skip)]
    status: ResultStatus,
    /// What came of it.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<Value>)]
    output: Option<IJson>,
    /// Why it was not done, in words.
    #[serde(default)]
    #[garde(inner(length(max = 10_000)))]
    error: Option<String>,
}

impl From<ActionResultBody> for Finished {
    fn from(body: ActionResultBody) -> Self {
        let why = |usual: &str| body.error.clone().unwrap_or_else(|| usual.to_owned());
        let result = match body.status {
            ResultStatus::Succeeded => {
                let output = body.output.map(|IJson(output)| output);
                ActionResult::Succeeded(output.unwrap_or(Value::Null))
            }
            ResultStatus::Failed => ActionResult::Failed(why("it failed")),
            ResultStatus::Declined => ActionResult::Declined(why("it was declined")),
        };
        Self {
            lease: body.lease,
            digest: body.digest,
            result,
        }
    }
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
