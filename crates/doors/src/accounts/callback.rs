//! `GET /connect/callback`

use super::place;
use crate::{
    AppState,
    kit::{describe::Common, error::ApiError, query::Query},
};
use axum::{extract::State, response::IntoResponse, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use switchboard_core::accounts::{self, Returned};
use switchboard_domain::{Error, text::escape_html};

/// It loads one file of ours and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// Takes a browser in that a provider sends back. It must bring the cookie with which it was sent there,
/// and a `state` that was not used before.
#[utoipa::path(
    get,
    path = "/connect/callback",
    tag = "accounts",
    operation_id = "connect_callback",
    params(
        ("state" = Option<String>, Query, description = "What the browser was sent with"),
        ("code" = Option<String>, Query, description = "The code (RFC 6749 §4.1.2)"),
        ("iss" = Option<String>, Query, description = "Who issued it (RFC 9207)"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
    ),
    responses(
        (status = 200, description = "The account is connected", body = String, content_type = "text/html"),
        (status = 400, description = "It is not, and why", body = String, content_type = "text/html"),
        (status = 404, description = "The provider is not set any more", body = String, content_type = "text/html"),
        (status = 409, description = "Others got in the way", body = String, content_type = "text/html"),
        Common,
    ),
    security(()),
)]
pub async fn callback(
    State(state): State<AppState>,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    let text = |name: &str| query.get(name).map(str::to_owned);
    let returned = Returned {
        state: text("state").unwrap_or_default(),
        cookie: place::cookie(&headers),
        code: query.get("code").map(Into::into),
        issuer: text("iss"),
        error: text("error"),
        redirect_uri: place::redirect_uri(&state, &headers),
    };
    match accounts::finish(&state.app, returned).await {
        Ok(provider) => {
            let said =
                format!("Your account with {provider} is connected. You can close this page.");
            Ok(told(StatusCode::OK, "Connected", &said))
        }
        Err(Error::Invalid(why)) => Ok(told(StatusCode::BAD_REQUEST, "Not connected", &why)),
        Err(Error::Conflict(why)) => Ok(told(StatusCode::CONFLICT, "Not connected", &why)),
        Err(error @ Error::NotFound(_)) => Ok(told(
            StatusCode::NOT_FOUND,
            "Not connected",
            &error.to_string(),
        )),
        Err(error) => Err(error.into()),
    }
}

/// A page that says one thing.
fn told(status: StatusCode, title: &str, said: &str) -> Response {
    let said = escape_html(said);
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title} – Switchboard</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"stylesheet\" href=\"../page/style.css\">\n\
         <link rel=\"stylesheet\" href=\"../page/connect.css\">\n</head>\n\
         <body class=\"connect\">\n<main>\n<h1>{title}</h1>\n<p id=\"said\">{said}</p>\n</main>\n\
         </body>\n</html>\n"
    );
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::CONTENT_TYPE, "text/html; charset=utf-8");
    set(header::CACHE_CONTROL, "no-store");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_more_than_text() {
        assert_eq!(
            escape_html("<a href='x'>\"&"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;"
        );
    }
}
