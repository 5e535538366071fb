//! Reading a JSON body.

use super::{error::ApiError, members::Members, problem::Problem};
use crate::AppState;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use garde::Validate;
use http::{HeaderMap, StatusCode, header};
use serde::de::{DeserializeOwned, IgnoredAny};

/// How long a client may take to send a body, in seconds.
const READ_S: i64 = 30;

/// A JSON body whose members keep their rules. Members that nobody knows are ignored.
pub struct Json<T>(pub T);

impl<T> FromRequest<AppState> for Json<T>
where
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::unsupported("application/json"));
        }
        let bytes = read(request, state).await?;
        parse(&bytes).map(Self)
    }
}

impl<T> Json<T>
where
    T: DeserializeOwned + Validate<Context = ()> + Default,
{
    /// The body of a request that needs none: one that is absent, or null, is an empty one.
    ///
    /// # Errors
    /// When there is one, and it is not what it should be.
    pub async fn or_empty(request: Request, state: &AppState) -> Result<T, ApiError> {
        let fits = is_json(request.headers());
        let bytes = read(request, state).await?;
        if matches!(bytes.trim_ascii(), b"" | b"null") {
            return Ok(T::default());
        }
        if !fits {
            return Err(ApiError::unsupported("application/json"));
        }
        parse(&bytes)
    }
}

async fn read(request: Request, state: &AppState) -> Result<Bytes, ApiError> {
    let bytes = in_time(state, Bytes::from_request(request, state)).await?;
    bytes.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::status(StatusCode::PAYLOAD_TOO_LARGE),
        _ => ApiError::malformed("The request body could not be read"),
    })
}

/// Reads a body for as long as that may take.
pub async fn in_time<T>(state: &AppState, reading: impl Future<Output = T>) -> Result<T, ApiError> {
    let ports = &state.app.ports;
    let limit = ports.clock.sleep_until(ports.now().plus_seconds(READ_S));
    tokio::select! {
        biased;
        read = reading => Ok(read),
        () = limit => Err(ApiError::status(StatusCode::REQUEST_TIMEOUT)),
    }
}

/// A body without a type is taken for JSON: many small clients name none.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let kind = kind
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, ApiError> {
    // First as a whole: half a document is no JSON, whatever its first half says. Nor is what is not
    // UTF-8 (RFC 8259 §8.1), of which the reader notices only what it keeps.
    let Ok(text) = str::from_utf8(bytes) else {
        return Err(ApiError::malformed("The request body is not UTF-8"));
    };
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(ApiError::malformed(format!(
            "The request body is not valid JSON: {error}"
        )));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Members(value) = serde_path_to_error::deserialize::<_, Members<T>>(&mut reader)
        .map_err(|error| ApiError::from(Problem::in_body(bytes, &error)))?;
    match value.validate() {
        Ok(()) => Ok(value),
        Err(report) => Err(ApiError::Invalid(Problem::of_rules(&report, bytes))),
    }
}

#[cfg(test)]
mod tests;
