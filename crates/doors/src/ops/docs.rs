//! `GET /docs`: the API reference. All of it is in the binary; nothing is fetched from elsewhere.

use crate::kit::error::ApiError;
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use utoipa_swagger_ui::Config;

/// What the pages may load: only what this server sends. Swagger UI sets styles of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Leads to the API reference.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "ops",
    operation_id = "docs",
    responses((status = 303, description = "To `/docs/`, so that its files are found beside it")),
    security(()),
)]
pub async fn docs() -> Redirect {
    Redirect::to("/docs/")
}

/// The API reference for people.
#[utoipa::path(
    get,
    path = "/docs/",
    tag = "ops",
    operation_id = "docs_page",
    responses((status = 200, description = "A page", content_type = "text/html", body = String)),
    security(()),
)]
pub async fn page() -> Result<Response, ApiError> {
    asset("index.html")
}

/// A file of the API reference.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    tag = "ops",
    operation_id = "docs_file",
    params(("file" = String, Path, description = "Its name")),
    responses(
        (status = 200, description = "The file"),
        (status = 404, description = "There is no such file", body = crate::kit::describe::ErrorResponse),
    ),
    security(()),
)]
pub async fn file(Path(name): Path<String>) -> Result<Response, ApiError> {
    asset(&name)
}

fn asset(name: &str) -> Result<Response, ApiError> {
    // Without this, the page asks a validator on the internet about the description.
    let config = Config::from("../openapi.json").validator_url("none");
    match utoipa_swagger_ui::serve(name, Arc::new(config)) {
        Ok(Some(file)) => {
            let mut response = file.bytes.into_owned().into_response();
            let headers = response.headers_mut();
            let kind = file.content_type.parse();
            let plain = HeaderValue::from_static("application/octet-stream");
            headers.insert(header::CONTENT_TYPE, kind.unwrap_or(plain));
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(POLICY),
            );
            if file.gzpipped {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            Ok(response)
        }
        Ok(None) => Err(ApiError::status(StatusCode::NOT_FOUND)),
        Err(cause) => {
            let cause = format!("the API reference: {cause}");
            Err(switchboard_domain::Error::Internal(cause).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(name: &str) -> String {
        let response = asset(name).unwrap();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_page_loads_nothing_from_elsewhere() {
        let page = text("index.html").await;
        assert!(!page.contains("://"), "{page}");
        let start = text("swagger-initializer.js").await;
        assert!(!start.contains("://"), "{start}");
        assert!(
            start.contains("../openapi.json") && start.contains("none"),
            "{start}"
        );
    }

    #[test]
    fn files_that_do_not_exist_are_not_found() {
        assert!(asset("../secret").is_err());
    }
}
