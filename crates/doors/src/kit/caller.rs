//! Who is calling.

use super::error::ApiError;
use crate::AppState;
use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use switchboard_core::identity;
use switchboard_domain::{Error, nouns::Principal};

/// The caller, as proved by `Authorization: Bearer`.
pub struct Caller(pub Principal);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(NOT_AUTHENTICATED)?;
        Ok(Self(identity::authenticate(&state.app, token).await?))
    }
}

/// What who shows no token is told.
pub const NOT_AUTHENTICATED: Error = Error::Unauthenticated("Not authenticated");

/// The token of `Authorization: Bearer` (RFC 6750 §2.1), if there is one.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_bearer_tokens_count() {
        let found = |value: &'static str| {
            let headers =
                HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(found("Bearer abc"), Some("abc".to_owned()));
        assert_eq!(found("bearer  abc "), Some("abc".to_owned()));
        for other in ["Basic abc", "Bearer", "Bearer ", "abc", ""] {
            assert_eq!(found(other), None, "{other}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
