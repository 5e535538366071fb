//! What waits for an agent, and what was given up.

use super::read::{DONE, Done, agent_id, delivery_no};
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Plain, PlainNamed},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::workflows::{self, DeliveryView, State as Standing};
use switchboard_domain::ids::EmittedId;
use utoipa::ToSchema;

/// A delivery: one call of an agent.
#[derive(Serialize, ToSchema)]
pub struct DeliveryBody {
    /// Its number among those of the agent.
    #[schema(example = 1)]
    no: i64,
    /// What the agent is shown as its id: the same however often it is tried.
    #[schema(example = "agent_7/1")]
    id: String,
    /// The message that is delivered; null for a check.
    message_id: Option<i64>,
    /// `running`, `waiting`, `retrying` or `dead`.
    #[schema(example = "waiting")]
    state: &'static str,
    /// How often its call failed.
    failures: i64,
    /// When it was put in.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its call is made again.
    #[schema(format = DateTime)]
    retry_at: Option<String>,
    /// When it was given up.
    #[schema(format = DateTime)]
    died_at: Option<String>,
    /// Why it was given up.
    reason: Option<String>,
}

impl From<DeliveryView> for DeliveryBody {
    fn from(view: DeliveryView) -> Self {
        let mut body = Self {
            no: view.no,
            id: view.name,
            message_id: view.message.map(EmittedId::integer),
            state: "waiting",
            failures: view.failures,
            created_at: view.created_at.to_string(),
            retry_at: None,
            died_at: None,
            reason: None,
        };
        match view.state {
            Standing::Waiting => {}
            Standing::Running => body.state = "running",
            Standing::Retrying(at) => {
                (body.state, body.retry_at) = ("retrying", Some(at.to_string()));
            }
            Standing::Dead(reason, at) => {
                (body.state, body.died_at) = ("dead", Some(at.to_string()));
                body.reason = Some(reason);
            }
        }
        body
    }
}

/// The deliveries of an agent: those that wait, in their order, then those that were given up.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent_id}/deliveries",
    tag = "workflows",
    operation_id = "list_deliveries",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "The deliveries", body = Vec<DeliveryBody>),
        Plain, PlainNamed,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Vec<DeliveryBody>>, ApiError> {
    let found = workflows::deliveries(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(Json(found.into_iter().map(DeliveryBody::from).collect()))
}

/// Discards what waits for an agent. What it works on is broken off; what is dead stays.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent_id}/deliveries",
    tag = "workflows",
    operation_id = "drop_pending_messages",
    params(("agent_id" = i64, Path, description = "The agent")),
    responses(
        (status = 200, description = "They are gone", body = Done),
        Plain, PlainNamed,
    ),
)]
pub async fn drop_pending(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(agent): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::drop_pending(&caller, &state.app, agent_id(&agent)?).await?;
    Ok(DONE)
}

/// Puts a delivery that was given up behind those that wait, as if it were new.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent_id}/deliveries/{delivery_no}/retry",
    tag = "workflows",
    operation_id = "retry_delivery",
    params(
        ("agent_id" = i64, Path, description = "The agent"),
        ("delivery_no" = i64, Path, description = "The number of the delivery"),
    ),
    responses(
        (status = 200, description = "It waits again", body = Done),
        Plain, PlainNamed,
    ),
)]
pub async fn retry(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path((agent, no)): Path<(String, String)>,
) -> Result<Json<Done>, ApiError> {
    let (agent, no) = (agent_id(&agent)?, delivery_no(&no)?);
    workflows::retry(&caller, &state.app, agent, no).await?;
    Ok(DONE)
}

/// Deletes a delivery that was given up.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent_id}/deliveries/{delivery_no}",
    tag = "workflows",
    operation_id = "delete_delivery",
    params(
        ("agent_id" = i64, Path, description = "The agent"),
        ("delivery_no" = i64, Path, description = "The number of the delivery"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Done),
        Plain, PlainNamed,
    ),
)]
pub async fn forget(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path((agent, no)): Path<(String, String)>,
) -> Result<Json<Done>, ApiError> {
    let (agent, no) = (agent_id(&agent)?, delivery_no(&no)?);
    workflows::forget(&caller, &state.app, agent, no).await?;
    Ok(DONE)
}
