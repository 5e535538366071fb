//! Standing grants.

use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Limited, Named, WithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_core::actions::{self, NewGrant};
use switchboard_domain::nouns::{Grant, Pattern};
use utoipa::ToSchema;

/// A year, in seconds.
const YEAR_S: i64 = 366 * 86_400;

/// A standing permission, for runs that are continuous.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantBody {
    /// The id.
    #[schema(example = "grant_0190a0b1c2d3e4f5a6b7c8d9e0f10203")]
    id: String,
    /// For these capabilities.
    capabilities: Vec<String>,
    /// For this agent alone.
    #[schema(required)]
    agent: Option<String>,
    /// For so many actions.
    max: i64,
    /// For how many it was used.
    used: i64,
    /// When it was given.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<Grant> for GrantBody {
    fn from(grant: Grant) -> Self {
        Self {
            id: grant.id.to_string(),
            capabilities: grant.capabilities.iter().map(ToString::to_string).collect(),
            agent: grant.agent,
            max: grant.max,
            used: grant.used,
            created_at: grant.created_at.to_string(),
            expires_at: grant.expires_at.to_string(),
        }
    }
}

/// Grants.
#[derive(Serialize, ToSchema)]
pub struct GrantListResponse {
    /// The grants that stand, oldest first.
    grants: Vec<GrantBody>,
}

/// A grant to give.
#[derive(Deserialize, Validate, ToSchema)]
pub struct GrantRequest {
    /// For these capabilities; a `*` at the end stands for any rest.
    #[garde(length(min = 1, max = 64))]
    #[schema(value_type = Vec<String>, min_items = 1, max_items = 64, example = json!(["fs.*"]))]
    capabilities: Vec<Pattern>,
    /// For this agent alone.
    #[serde(default)]
    #[garde(inner(length(max = 200)))]
    agent: Option<String>,
    /// For so many actions.
    #[garde(range(min = 1, max = 1_000_000))]
    #[schema(minimum = 1, maximum = 1_000_000)]
    max: i64,
    /// For so many seconds.
    #[garde(range(min = 1, max = YEAR_S))]
    #[schema(minimum = 1, maximum = 31_622_400)]
    ttl_s: i64,
}

/// The caller's standing grants.
#[utoipa::path(
    get,
    path = "/api/grants",
    tag = "actions",
    operation_id = "list_grants",
    responses((status = 200, description = "The grants", body = GrantListResponse), Authorized, Common),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<GrantListResponse>, ApiError> {
    let grants = actions::list_grants(&caller, &state.app).await?;
    Ok(Json(GrantListResponse {
        grants: grants.into_iter().map(GrantBody::from).collect(),
    }))
}

/// Gives a grant. What is critical asks all the same.
#[utoipa::path(
    post,
    path = "/api/grants",
    tag = "actions",
    operation_id = "create_grant",
    request_body = GrantRequest,
    responses(
        (status = 200, description = "The grant", body = GrantBody),
        Authorized, WithBody, Conflicting, Limited, Common,
    ),
)]
pub async fn create(
    State(state): State<AppState>,
    Caller(caller): Caller,
    body::Json(given): body::Json<GrantRequest>,
) -> Result<Json<GrantBody>, ApiError> {
    let new = NewGrant {
        capabilities: given.capabilities,
        agent: given.agent,
        max: given.max,
        ttl_s: given.ttl_s,
    };
    let grant = actions::create_grant(&caller, &state.app, new).await?;
    Ok(Json(GrantBody::from(grant)))
}

/// Takes a grant back. What it let through and nobody runs yet is asked about.
#[utoipa::path(
    delete,
    path = "/api/grants/{grant_id}",
    tag = "actions",
    operation_id = "remove_grant",
    params(("grant_id" = String, Path, description = "The grant")),
    responses(
        (status = 200, description = "The grants that are left", body = GrantListResponse),
        Authorized, Named, Conflicting, Common,
    ),
)]
pub async fn remove(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<String>,
) -> Result<Json<GrantListResponse>, ApiError> {
    actions::remove_grant(&caller, &state.app, &id).await?;
    list(State(state), Caller(caller)).await
}
