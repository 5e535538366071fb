//! Errors as answers: `{"detail", "code", "timestamp"}`, whatever went wrong and wherever.

use super::problem::Problem;
use crate::AppState;
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use switchboard_domain::{Error, Reason};

/// How long to wait when the server is busy.
const BUSY: Duration = Duration::from_secs(1);
/// What to do when the server is busy.
const BUSY_HINT: &str = "The server has more to do than it can take on, or is going down; \
    send the request again after the seconds in Retry-After";
/// What to do when there is no place for a WebSocket.
const NO_PLACE_HINT: &str = "As many WebSockets are open as this server allows; \
    try again after the seconds in Retry-After, and close those that are not needed";
/// How long to wait when a quota is used up: nobody knows, so not too often.
const QUOTA: Duration = Duration::from_mins(1);

/// Why a request was not served.
#[derive(Debug)]
pub enum ApiError {
    /// A use case refused.
    Refused(Error),
    /// Members of the request are missing or wrong.
    Invalid(Vec<Problem>),
    /// As many WebSockets are open as may be.
    NoPlace,
    /// The request is not HTTP as this server understands it.
    Http {
        /// The status.
        status: StatusCode,
        /// Why, for programs.
        code: &'static str,
        /// Why, in words.
        detail: String,
    },
}

impl ApiError {
    /// A body that is no JSON, or cannot be read.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::Http {
            status: StatusCode::BAD_REQUEST,
            code: "MALFORMED_BODY",
            detail: detail.into(),
        }
    }

    /// A body in a format that is not spoken here.
    pub fn unsupported(wanted: &str) -> Self {
        Self::Http {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code: "UNSUPPORTED_MEDIA_TYPE",
            detail: format!("Send the body as {wanted}"),
        }
    }

    /// What a bare status says.
    pub fn status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
            StatusCode::REQUEST_TIMEOUT => "REQUEST_TIMEOUT",
            StatusCode::PAYLOAD_TOO_LARGE => "PAYLOAD_TOO_LARGE",
            StatusCode::UPGRADE_REQUIRED => "UPGRADE_REQUIRED",
            status if status.is_server_error() => "INTERNAL_ERROR",
            _ => "BAD_REQUEST",
        };
        let detail = match status {
            StatusCode::REQUEST_TIMEOUT => "The request body took too long to come",
            StatusCode::PAYLOAD_TOO_LARGE => "The request body is too large",
            StatusCode::INTERNAL_SERVER_ERROR => "Internal server error",
            status => status.canonical_reason().unwrap_or("The request failed"),
        };
        Self::Http {
            status,
            code,
            detail: detail.to_owned(),
        }
    }

    /// The status, the detail, and the code.
    fn parts(self) -> (StatusCode, Value, &'static str) {
        match self {
            Self::Refused(Error::Fields(fields)) => {
                Self::Invalid(fields.into_iter().map(Problem::from).collect()).parts()
            }
            Self::Refused(error) => {
                let (status, code) = status_and_code(&error);
                let detail = match error {
                    // Clients of AgentConnect's API know every 429 by these words.
                    Error::QuotaExceeded(_) => "Too Many Requests".to_owned(),
                    error => error.to_string(),
                };
                (status, detail.into(), code)
            }
            Self::NoPlace => Self::Refused(Error::Unavailable).parts(),
            Self::Invalid(problems) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                json!(problems),
                "VALIDATION_ERROR",
            ),
            Self::Http {
                status,
                code,
                detail,
            } => (status, detail.into(), code),
        }
    }

    /// What to do about it, in words, where `detail` has no room for it.
    fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(Error::QuotaExceeded(hint)) => Some(hint.clone()),
            Self::Refused(Error::Unavailable) => Some(BUSY_HINT.to_owned()),
            Self::NoPlace => Some(NO_PLACE_HINT.to_owned()),
            _ => None,
        }
    }

    /// The header that tells what to do about it.
    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let error = match self {
            Self::Refused(error) => error,
            Self::NoPlace => &Error::Unavailable,
            Self::Invalid(_) | Self::Http { .. } => return None,
        };
        let retry_after = match error {
            Error::Unauthenticated(_) => {
                return Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
            }
            Error::RateLimited { retry_after } => *retry_after,
            Error::QuotaExceeded(_) => QUOTA,
            Error::Unavailable => BUSY,
            _ => return None,
        };
        // Rounded up, so that who waits as told is not told to wait again.
        let seconds = retry_after.as_micros().div_ceil(1_000_000);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        Some((header::RETRY_AFTER, HeaderValue::from(seconds)))
    }
}

fn status_and_code(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        Error::Forbidden(_) => (StatusCode::FORBIDDEN, "FORBIDDEN"),
        Error::NotFound(_) => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        Error::Invalid(_) => (StatusCode::BAD_REQUEST, "INVALID_REQUEST"),
        Error::Fields(_) => (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR"),
        Error::Conflict(_) => (StatusCode::CONFLICT, "CONFLICT"),
        Error::Named(reason, _) => {
            let status = StatusCode::from_u16(reason.status());
            (status.unwrap_or(StatusCode::CONFLICT), code_of(*reason))
        }
        Error::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
        Error::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED"),
        Error::QuotaExceeded(_) => (StatusCode::TOO_MANY_REQUESTS, "QUOTA_EXCEEDED"),
        Error::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR"),
    }
}

/// What programs are told of a refusal that has a name, where they look for a code.
const fn code_of(reason: Reason) -> &'static str {
    match reason {
        Reason::ApproverNotAllowed => "APPROVER_NOT_ALLOWED",
        Reason::PolicyDenied => "POLICY_DENIED",
        Reason::PlacementConflict => "PLACEMENT_CONFLICT",
        Reason::DigestMismatch => "DIGEST_MISMATCH",
        Reason::LeaseLost => "LEASE_LOST",
        Reason::AlreadyResolved => "ALREADY_RESOLVED",
        Reason::ActionExpired => "ACTION_EXPIRED",
        Reason::DemandUnmet => "DEMAND_UNMET",
        Reason::ResultSchema => "RESULT_SCHEMA",
        Reason::DelegationLoop => "DELEGATION_LOOP",
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

/// What is still to be written as the body of an answer, by [`finish`], which knows the time.
#[derive(Clone)]
struct Unwritten {
    detail: Value,
    code: &'static str,
    hint: Option<String>,
    /// What makes it a problem document (RFC 9457).
    reason: Option<Reason>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Refused(Error::Internal(cause)) = &self {
            tracing::error!(cause, "a request failed");
        }
        let (header, hint) = (self.header(), self.hint());
        let reason = match &self {
            Self::Refused(Error::Named(reason, _)) => Some(*reason),
            _ => None,
        };
        let (status, detail, code) = self.parts();
        let mut response = status.into_response();
        response.headers_mut().extend(header);
        response.extensions_mut().insert(Unwritten {
            detail,
            code,
            hint,
            reason,
        });
        response
    }
}

/// A layer that writes the bodies of errors: those of [`ApiError`], and those that the web framework
/// answers by itself.
pub async fn finish(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let write = if is_plain(path) {
        |_: &AppState, response| write_plainly(response)
    } else if is_of_tasks(path) {
        |_: &AppState, response| write_for_tasks(response)
    } else {
        write
    };
    let response = next.run(request).await;
    let status = response.status();
    if response.extensions().get::<Unwritten>().is_some() {
        write(&state, response)
    } else if status.is_client_error() || status.is_server_error() {
        let (mut parts, body) = response.into_parts();
        if is_written(&parts.headers) {
            return Response::from_parts(parts, body);
        }
        let (_, detail, code) = ApiError::status(status).parts();
        parts.extensions.insert(Unwritten {
            detail,
            code,
            hint: None,
            reason: None,
        });
        write(&state, Response::from_parts(parts, Body::empty()))
    } else {
        response
    }
}

/// Whether errors are told there as ActiveWorkflow tells them.
fn is_plain(path: &str) -> bool {
    path.strip_prefix("/api/v1")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether errors are told there as the Agent Protocol tells them.
fn is_of_tasks(path: &str) -> bool {
    let rest = match path.strip_prefix("/agents/") {
        Some(rest) => rest.find('/').map_or("", |end| &rest[end..]),
        None => path,
    };
    let rest = rest.strip_prefix("/ap/v1");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Writes an error in the Agent Protocol's form: `{"message"}`, and what helps besides.
fn write_for_tasks(mut response: Response) -> Response {
    let unwritten = response.extensions_mut().remove();
    let Some(Unwritten {
        detail,
        code,
        hint,
        reason,
    }) = unwritten
    else {
        return response;
    };
    let words = detail.clone();
    let body = match (response.status(), detail) {
        (StatusCode::NOT_FOUND, _) => {
            json!({"message": "Unable to find entity with the provided id"})
        }
        (_, Value::String(detail)) => json!({"message": hint.unwrap_or(detail), "code": code}),
        (_, problems) => {
            json!({"message": first_problem(&problems), "code": code, "detail": problems})
        }
    };
    with_body(response, body, reason, words)
}

/// The first of several problems, in words.
fn first_problem(problems: &Value) -> String {
    let first = &problems[0];
    let names = first["loc"].as_array().map(Vec::as_slice);
    let names = names.unwrap_or_default().iter().skip(1);
    let names: Vec<String> = names.map(plain).collect();
    let words = first["msg"].as_str().unwrap_or("is not valid");
    format!("{}: {words}", names.join("."))
}

/// Writes an error in ActiveWorkflow's form: `{"error"}`, and what helps besides.
fn write_plainly(mut response: Response) -> Response {
    let unwritten = response.extensions_mut().remove();
    let Some(Unwritten {
        detail,
        code,
        hint,
        reason,
    }) = unwritten
    else {
        return response;
    };
    let words = detail.clone();
    let body = match (response.status(), detail) {
        (StatusCode::UNAUTHORIZED, _) => json!({"error": "401 Unauthorized"}),
        (StatusCode::NOT_FOUND, _) => json!({"error": "404 Record not found"}),
        (_, Value::String(detail)) => {
            json!({"error": hint.unwrap_or(detail), "code": code})
        }
        (_, problems) => {
            let error = first_problem(&problems);
            json!({"error": error, "code": code, "problems": problems})
        }
    };
    with_body(response, body, reason, words)
}

fn plain(step: &Value) -> String {
    step.as_str()
        .map_or_else(|| step.to_string(), str::to_owned)
}

fn write(state: &AppState, mut response: Response) -> Response {
    let unwritten = response.extensions_mut().remove();
    let Some(Unwritten {
        detail,
        code,
        hint,
        reason,
    }) = unwritten
    else {
        return response;
    };
    let words = detail.clone();
    let timestamp = state.app.ports.now().to_string();
    let mut body = json!({"detail": detail, "code": code, "timestamp": timestamp});
    if let Some(hint) = hint {
        body["hint"] = hint.into();
    }
    with_body(response, body, reason, words)
}

/// The answer with its body; where the refusal has a name, as a problem document (RFC 9457).
fn with_body(
    response: Response,
    mut body: Value,
    reason: Option<Reason>,
    detail: Value,
) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut kind = "application/json";
    if let Some(reason) = reason {
        kind = "application/problem+json";
        body["type"] = format!("urn:switchboard:problem:{}", reason.name()).into();
        body["title"] = reason.title().into();
        body["status"] = reason.status().into();
        body["detail"] = detail;
    }
    parts
        .headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Response::from_parts(parts, Body::from(body.to_string()))
}

/// Whether an error has its words already: as JSON, or as a page for people.
fn is_written(headers: &http::HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/json") || kind.starts_with("text/html"))
}

/// Answers a path that does not exist.
pub async fn not_found() -> ApiError {
    ApiError::status(StatusCode::NOT_FOUND)
}

/// Answers a method that the path does not have; the framework adds `Allow`.
pub async fn method_not_allowed() -> ApiError {
    ApiError::status(StatusCode::METHOD_NOT_ALLOWED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(error: impl Into<ApiError>) -> (u16, Option<String>, Value) {
        let response = error.into().into_response();
        let mut headers = response.headers().values();
        let header = headers
            .next()
            .map(|value| value.to_str().unwrap().to_owned());
        let unwritten = response.extensions().get::<Unwritten>().unwrap();
        (response.status().as_u16(), header, unwritten.detail.clone())
    }

    #[test]
    fn waiting_times_are_rounded_up() {
        let error = Error::RateLimited {
            retry_after: Duration::from_millis(1200),
        };
        assert_eq!(
            answered(error),
            (429, Some("2".into()), json!("Too Many Requests"))
        );
    }

    #[test]
    fn who_meets_a_busy_server_is_told_when_to_come_again() {
        for error in [ApiError::from(Error::Unavailable), ApiError::NoPlace] {
            assert!(
                error
                    .hint()
                    .is_some_and(|hint| hint.contains("Retry-After"))
            );
            let (status, retry_after, _) = answered(error);
            assert_eq!((status, retry_after), (503, Some("1".into())));
        }
    }

    #[test]
    fn nothing_internal_leaks() {
        let error = Error::Internal("disk sda1 is on fire".to_owned());
        assert_eq!(answered(error), (500, None, json!("Internal server error")));
    }

    #[test]
    fn wrong_members_are_listed() {
        let field = switchboard_domain::error::FieldError::value(&["a", "b"], "bad", json!(1));
        let detail = json!([
            {"type": "value_error", "loc": ["body", "a", "b"], "msg": "bad", "input": 1}
        ]);
        assert_eq!(answered(Error::from(field)), (422, None, detail));
    }

    #[test]
    fn who_is_not_signed_in_is_told_how() {
        let error = Error::Unauthenticated("Not authenticated");
        assert_eq!(
            answered(error),
            (401, Some("Bearer".into()), json!("Not authenticated"))
        );
        assert_eq!(
            answered(Error::NotFound("Session")).2,
            json!("Session not found")
        );
    }
}
