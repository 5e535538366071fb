//! `GET /`, `GET /api`

use super::health::Health;
use axum::{
    Json,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, header};

/// The server as it presents itself; a browser is shown the API reference.
#[utoipa::path(
    get,
    path = "/",
    tag = "ops",
    operation_id = "root",
    responses(
        (status = 200, description = "The server", body = Health),
        (status = 303, description = "To the API reference, for clients that would rather have HTML"),
    ),
    security(()),
)]
pub async fn root(headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accept.is_some_and(prefers_html) {
        return Redirect::to("/docs").into_response();
    }
    Json(Health::OK).into_response()
}

/// The server as it presents itself.
#[utoipa::path(
    get,
    path = "/api",
    tag = "ops",
    operation_id = "api_root",
    responses((status = 200, description = "The server", body = Health)),
    security(()),
)]
pub async fn api() -> Json<Health> {
    Json(Health::OK)
}

/// Whether a client would rather have HTML than JSON (RFC 9110 §12.5.1). Only naming HTML counts: a
/// client that takes anything gets JSON.
fn prefers_html(accept: &str) -> bool {
    let quality = |wanted: &str| {
        accept.split(',').find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let named = parts.next()?.eq_ignore_ascii_case(wanted);
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
            named.then_some(quality.unwrap_or(1.0))
        })
    };
    quality("text/html").is_some_and(|html| html > quality("application/json").unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_prefer_html_and_programs_do_not() {
        assert!(prefers_html(
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        ));
        assert!(prefers_html("application/json;q=0.5, text/html"));
        for program in [
            "*/*",
            "application/json",
            "application/json, text/html;q=0.5",
            "",
        ] {
            assert!(!prefers_html(program), "{program}");
        }
    }
}
