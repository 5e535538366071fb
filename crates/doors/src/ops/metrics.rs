//! `GET /metrics`

use crate::{
    AppState, MetricsFor,
    kit::{describe::Common, error::ApiError, peer::Peer},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use switchboard_domain::Error;

/// The form of Prometheus's texts.
const FORM: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How long to wait for others who ask, in seconds.
const PATIENCE_S: i64 = 5;

/// How the server is doing, in figures for Prometheus.
///
/// Who may ask is the setting `[http] metrics`: as a rule only who does so from the server's own
/// machine, and not through a proxy. No figure tells anything about a single user.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "ops",
    operation_id = "metrics",
    responses(
        (status = 200, description = "The figures", content_type = "text/plain", body = String),
        (status = 403, description = "The figures are not for who asks from there", body = crate::kit::describe::ErrorResponse),
        (status = 404, description = "No figures are kept", body = crate::kit::describe::ErrorResponse),
        Common,
    ),
    security(()),
)]
pub async fn metrics(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let metrics = &state.http.metrics;
    let may = match metrics.open_to {
        MetricsFor::Nobody => return Err(ApiError::status(StatusCode::NOT_FOUND)),
        MetricsFor::ThisMachine => peer.is_on_this_machine(&headers),
        MetricsFor::Anyone => true,
    };
    if !may {
        let why = "The figures are for this machine only; `[http] metrics` can be set otherwise";
        return Err(Error::Forbidden(why.to_owned()).into());
    }
    // Each time costs the store a question: one at a time.
    let deadline = state.app.ports.now().plus_seconds(PATIENCE_S);
    let _turn = tokio::select! {
        turn = state.scraping.lock() => turn,
        () = state.app.ports.clock.sleep_until(deadline) => return Err(Error::Unavailable.into()),
    };
    state.app.look_at_backlog().await;
    Ok(([(header::CONTENT_TYPE, FORM)], metrics.figures.render()).into_response())
}
