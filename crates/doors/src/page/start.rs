//! `GET /`

use super::assets;
use crate::kit::health::Health;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};

/// The server as it presents itself to programs; a browser is shown the page.
#[utoipa::path(
    get,
    path = "/",
    tag = "ops",
    operation_id = "root",
    responses((status = 200, description = "The server, or the page for clients that would rather have HTML", content(
        (Health = "application/json"),
        (String = "text/html"),
    ))),
    security(()),
)]
pub async fn start(headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let mut response = if accept.is_some_and(prefers_html) {
        assets::PAGE.answer(&headers)
    } else {
        Json(Health::OK).into_response()
    };
    let vary = HeaderValue::from_static("accept");
    response.headers_mut().append(header::VARY, vary);
    response
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
