//! `DELETE /api/accounts/{provider}`

use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common, Conflicting, Named},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use switchboard_core::accounts;
use utoipa::ToSchema;

/// What came of taking an account away.
#[derive(Serialize, ToSchema)]
pub struct DisconnectResponse {
    /// Whether the provider ended its tokens, too (RFC 7009). It is used no more in any case.
    revoked: bool,
    /// Why it did not, and what to do.
    hint: Option<String>,
}

/// Takes an account away: it is used no more, and the provider is told to end its tokens.
#[utoipa::path(
    delete,
    path = "/api/accounts/{provider}",
    tag = "accounts",
    operation_id = "disconnect_account",
    params(("provider" = String, Path, description = "The provider")),
    responses(
        (status = 200, description = "It is gone", body = DisconnectResponse),
        Authorized, Named, Conflicting, Common,
    ),
)]
pub async fn disconnect(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(provider): Path<String>,
) -> Result<Json<DisconnectResponse>, ApiError> {
    let gone = accounts::disconnect(&caller, &state.app, &provider).await?;
    Ok(Json(DisconnectResponse {
        revoked: gone.is_revoked,
        hint: gone.hint,
    }))
}
