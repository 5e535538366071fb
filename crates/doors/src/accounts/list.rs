//! `GET /api/accounts`

use super::view::AccountBody;
use crate::{
    AppState,
    kit::{
        caller::Caller,
        describe::{Authorized, Common},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use serde::Serialize;
use switchboard_core::accounts;
use utoipa::ToSchema;

/// Connected accounts.
#[derive(Serialize, ToSchema)]
pub struct AccountsResponse {
    /// They, by provider.
    accounts: Vec<AccountBody>,
}

/// The caller's connected accounts, without their tokens.
#[utoipa::path(
    get,
    path = "/api/accounts",
    tag = "accounts",
    operation_id = "list_accounts",
    responses(
        (status = 200, description = "The accounts", body = AccountsResponse),
        Authorized, Common,
    ),
)]
pub async fn list(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<AccountsResponse>, ApiError> {
    let found = accounts::accounts(&caller, &state.app).await?;
    let accounts = found.into_iter().map(AccountBody::from).collect();
    Ok(Json(AccountsResponse { accounts }))
}
