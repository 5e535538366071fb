//! `GET /api/chat/providers`

use crate::{
    AppState,
    chat::wire::ByKey,
    kit::{
        caller::Caller,
        describe::{Authorized, Common},
        error::ApiError,
    },
};
use axum::{Json, extract::State};
use serde::Serialize;
use switchboard_core::agents;
use switchboard_domain::ports::ProviderInfo;
use utoipa::ToSchema;

/// A provider of models.
#[derive(Serialize, ToSchema)]
pub struct ProviderResponse {
    /// The name for people.
    #[schema(example = "Groq")]
    name: String,
    /// Models that are known to work. Others may be asked for.
    models: Vec<String>,
    /// The model that is used when none is named.
    default_model: String,
}

impl From<ProviderInfo> for ProviderResponse {
    fn from(info: ProviderInfo) -> Self {
        Self {
            name: info.name,
            models: info.models,
            default_model: info.default_model,
        }
    }
}

/// The providers that can be used: those with a key or an endpoint.
#[utoipa::path(
    get,
    path = "/api/chat/providers",
    tag = "chat",
    operation_id = "list_providers",
    responses(
        (status = 200, description = "The providers by name", body = std::collections::BTreeMap<String, ProviderResponse>),
        Authorized, Common,
    ),
)]
pub async fn providers(
    State(state): State<AppState>,
    Caller(caller): Caller,
) -> Result<Json<ByKey<ProviderResponse>>, ApiError> {
    let infos = agents::providers(&caller, &state.app)?;
    let entry = |info: ProviderInfo| (info.id.clone(), ProviderResponse::from(info));
    Ok(Json(ByKey(infos.into_iter().map(entry).collect())))
}
