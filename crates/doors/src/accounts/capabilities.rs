//! `GET /api/capabilities`

use crate::{
    AppState,
    kit::{
        capabilities::{self, APPLIED, SERVER, Said},
        describe::{Agreed, Common, WithQuery},
        error::ApiError,
    },
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use switchboard_core::{
    accounts,
    capabilities::{agree, offered},
};
use switchboard_domain::{nouns::Offer, ports::OAuthProvider};
use utoipa::ToSchema;

/// What the server offers.
#[derive(Serialize, ToSchema)]
pub struct CapabilitiesResponse {
    /// The functions that the operator defined.
    capabilities: Vec<CapabilityBody>,
    /// What the server can do for the person behind a client: `approve`, `auth.browser`, `auth.device`.
    #[schema(example = json!(["approve", "auth.browser"]))]
    reserved: Vec<String>,
    /// The providers where accounts can be connected.
    oauth_providers: Vec<OAuthProviderBody>,
    /// Where each function would be run for a client that says this of itself.
    applied: Option<Vec<PlacedBody>>,
}

/// A function that is offered.
#[derive(Serialize, ToSchema)]
pub struct CapabilityBody {
    /// Its capability.
    #[schema(example = "mail.send")]
    name: String,
    /// Where it is run: `client`, `executor`, `server` or `internal`.
    #[schema(example = "server")]
    at: &'static str,
    /// How much the server wants that: `can`, `prefer` or `demand`.
    #[schema(example = "can")]
    need: &'static str,
    /// How much harm it may do: `low`, `high` or `critical`.
    #[schema(example = "high")]
    risk: &'static str,
    /// How it proves on whose behalf it is run: `oauth2` or `credential`.
    #[schema(example = "oauth2")]
    auth: Option<&'static str>,
}

/// A provider of OAuth.
#[derive(Serialize, ToSchema)]
pub struct OAuthProviderBody {
    /// How it is called here.
    #[schema(example = "google")]
    name: String,
    /// The scopes that are always asked for.
    scopes: Vec<String>,
    /// Whether it may have the flow for devices (RFC 8628).
    device: bool,
}

/// Where a function is run.
#[derive(Serialize, ToSchema)]
pub struct PlacedBody {
    /// Its capability.
    #[schema(example = "mail.send")]
    name: String,
    /// Where.
    #[schema(example = "client")]
    at: &'static str,
}

impl From<&Offer> for CapabilityBody {
    fn from(offer: &Offer) -> Self {
        Self {
            name: offer.name.to_string(),
            at: offer.at.word(),
            need: offer.need.word(),
            risk: offer.risk.word(),
            auth: offer.auth.map(switchboard_domain::nouns::AuthKind::word),
        }
    }
}

impl From<&OAuthProvider> for OAuthProviderBody {
    fn from(provider: &OAuthProvider) -> Self {
        Self {
            name: provider.name.clone(),
            scopes: provider.scopes.clone(),
            device: provider.may_have_device,
        }
    }
}

/// What the server offers, before anything is begun. A client that says what it can do by
/// `X-Client-Capabilities` is told where each function would be run, and whether what it demands is to be
/// had.
#[utoipa::path(
    get,
    path = "/api/capabilities",
    tag = "accounts",
    operation_id = "capabilities",
    params(
        ("X-Client-Capabilities" = Option<String>, Header, description = "What the client can, prefers or demands to do (RFC 9651), e.g. `mail.send;need=demand, fs.*`"),
        ("Agent-Autonomy" = Option<String>, Header, description = "What the run may do without asking, e.g. `mode=continuous, ttl=900`"),
    ),
    responses(
        (status = 200, description = "The offer", body = CapabilitiesResponse, headers(
            ("X-Server-Capabilities" = String, description = "The same as a structured field"),
            ("X-Capabilities-Applied" = String, description = "Where each function would be run"),
        )),
        Agreed, WithQuery, Common,
    ),
    security(()),
)]
pub async fn capabilities(State(state): State<AppState>, said: Said) -> Result<Response, ApiError> {
    let offered = offered(&state.app);
    let applied = said.client.as_ref().map(|client| agree(client, &offered));
    let applied = applied.transpose()?;
    let placed = |places: &switchboard_domain::nouns::Applied| {
        let places = places.0.iter().map(|(name, place)| PlacedBody {
            name: name.to_string(),
            at: place.word(),
        });
        places.collect()
    };
    let body = CapabilitiesResponse {
        capabilities: offered.offers.iter().map(CapabilityBody::from).collect(),
        reserved: offered
            .reserved
            .iter()
            .map(|it| it.name().to_owned())
            .collect(),
        oauth_providers: accounts::providers(&state.app)
            .iter()
            .map(OAuthProviderBody::from)
            .collect(),
        applied: applied.as_ref().map(placed),
    };
    let mut response = Json(body).into_response();
    let headers = response.headers_mut();
    if let Some(value) = capabilities::server(&offered) {
        headers.insert(SERVER, value);
    }
    if let Some(value) = applied.as_ref().and_then(capabilities::applied) {
        headers.insert(APPLIED, value);
    }
    Ok(response)
}
