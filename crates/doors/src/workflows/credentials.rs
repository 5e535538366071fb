//! Users' credentials.

use super::read::{DONE, Done};
use crate::{
    AppState,
    kit::{
        body,
        caller::Caller,
        describe::{Plain, PlainConflicting, PlainLimited, PlainNamed, PlainWithBody},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use garde::Validate;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use switchboard_core::workflows;
use utoipa::ToSchema;

/// A credential. Its value is never shown.
#[derive(Serialize, ToSchema)]
pub struct CredentialBody {
    /// Its name.
    #[schema(example = "admin_email")]
    name: String,
    /// When it was last set.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The caller's credentials, by name.
#[utoipa::path(
    get,
    path = "/api/v1/credentials",
    tag = "workflows",
    operation_id = "list_credentials",
    responses((status = 200, description = "The credentials", body = Vec<CredentialBody>), Plain),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<Vec<CredentialBody>>, ApiError> {
    let found = workflows::credentials(&caller, &state.app).await?;
    let bodies = found.into_iter().map(|it| CredentialBody {
        name: it.name,
        updated_at: it.updated_at.to_string(),
    });
    Ok(Json(bodies.collect()))
}

/// A secret to keep.
#[derive(Deserialize, Validate, ToSchema)]
pub struct CredentialValue {
    /// It. Spaces around it are left out.
    #[garde(skip)]
    #[schema(value_type = String, min_length = 1, max_length = 16384, pattern = r"\S")]
    value: SecretString,
}

/// Sets a credential.
#[utoipa::path(
    put,
    path = "/api/v1/credentials/{name}",
    tag = "workflows",
    operation_id = "set_credential",
    params(("name" = String, Path, description = "Its name", min_length = 1, max_length = 100)),
    request_body = CredentialValue,
    responses(
        (status = 200, description = "It is kept", body = Done),
        Plain, PlainWithBody, PlainConflicting, PlainLimited,
    ),
)]
pub async fn set(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    body::Json(given): body::Json<CredentialValue>,
) -> Result<Json<Done>, ApiError> {
    workflows::set_credential(&caller, &state.app, &name, &given.value).await?;
    Ok(DONE)
}

/// Removes a credential. Agents are not sent it any more.
#[utoipa::path(
    delete,
    path = "/api/v1/credentials/{name}",
    tag = "workflows",
    operation_id = "remove_credential",
    params(("name" = String, Path, description = "Its name", min_length = 1, max_length = 100)),
    responses(
        (status = 200, description = "It is gone", body = Done),
        Plain, PlainNamed, PlainConflicting,
    ),
)]
pub async fn remove(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(name): Path<String>,
) -> Result<Json<Done>, ApiError> {
    workflows::remove_credential(&caller, &state.app, &name).await?;
    Ok(DONE)
}
