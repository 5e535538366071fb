//! What happens around every request: its id and log line, cross-origin rules, limits, and answers
//! to panics.

use super::{
    capabilities,
    error::{self, ApiError},
};
use crate::{AppState, HttpSettings, metrics};
use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use std::{any::Any, time::Duration};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};
use tracing::Instrument;

/// The header with the id of a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What stands for the route of a request that matches none.
const NO_ROUTE: &str = "none";
/// How long a browser may remember what is allowed across origins.
const PREFLIGHT_AGE: Duration = Duration::from_mins(10);

/// Puts all layers around the routes. The last one is the outermost.
pub fn around(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router
        .layer(body_limit(state.http.body_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), error::finish))
        .layer(cors(&state.http))
        .layer(from_fn(security_headers))
        .layer(from_fn_with_state(state.clone(), trace))
}

fn body_limit(bytes: usize) -> DefaultBodyLimit {
    if bytes == 0 {
        DefaultBodyLimit::disable()
    } else {
        DefaultBodyLimit::max(bytes)
    }
}

fn cors(http: &HttpSettings) -> CorsLayer {
    let origins = http
        .allowed_origins
        .iter()
        .filter_map(|origin| origin.parse().ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.collect::<Vec<HeaderValue>>()))
        .allow_credentials(true)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            REQUEST_ID,
            capabilities::CLIENT,
            capabilities::AUTONOMY,
        ])
        .expose_headers([
            header::RETRY_AFTER,
            REQUEST_ID,
            capabilities::SERVER,
            capabilities::APPLIED,
        ])
        .max_age(PREFLIGHT_AGE)
}

// The signature is that of the layer's callback.
#[allow(clippy::needless_pass_by_value)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(
        panic = text.unwrap_or("of an unknown kind"),
        "a request panicked"
    );
    ApiError::status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// Gives the request its id and its log line. Query strings, headers and bodies stay out of the log:
/// they carry tokens.
async fn trace(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = request_id(&state, &request);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    async move {
        let began = state.app.ports.now();
        let mut response = next.run(request).await;
        let latency = state.app.ports.now().since(began);
        let latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        tracing::info!(%method, path, status, latency_us, "answered");
        let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        metrics::answered(route, &method, response.status(), latency);
        if state.http.slow.is_some_and(|slow| latency >= slow) {
            metrics::slow(route);
            tracing::warn!(%method, route, status, latency_us, "a request was slow");
        }
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
    .instrument(span)
    .await
}

/// The id that the client chose, if it is harmless, or a new one.
fn request_id(state: &AppState, request: &Request) -> HeaderValue {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| is_harmless(id.as_bytes()))
        .cloned();
    given.unwrap_or_else(|| {
        let id = state.app.ports.uuid().simple().to_string();
        id.parse()
            .unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    })
}

fn is_harmless(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=64).contains(&id.len()) && id.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_clients_are_short_and_plain() {
        assert!(is_harmless(b"0190-ab_c.d"));
        assert!(!is_harmless(b""));
        assert!(!is_harmless(b"a b"));
        assert!(!is_harmless(&[b'a'; 65]));
        assert!(!is_harmless("ä".as_bytes()));
    }
}
