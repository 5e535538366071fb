//! Why a call to a provider gave no outcome: worth another try or not, in words for people.
//!
//! No word here holds a key or an address, whatever the provider or the HTTP client said.

use genai::Error;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use switchboard_domain::ports::CallError;

/// How much of a provider's own words is passed on, in characters.
const WORDS: usize = 300;
/// What a provider asks to wait is believed up to here, in seconds.
const LONGEST_WAIT: u64 = 3600;

/// Kinds of errors that providers name within a stream, and that trying again does not mend.
const FOR_GOOD: [&str; 12] = [
    "invalid_request_error",
    "authentication_error",
    "permission_error",
    "billing_error",
    "not_found_error",
    "request_too_large",
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "FAILED_PRECONDITION",
    "OUT_OF_RANGE",
];

/// Speaks of one provider's failures.
pub(crate) struct Failures {
    /// The provider's name for people.
    pub(crate) name: String,
    /// Its key, to be struck out.
    pub(crate) key: Option<SecretString>,
    /// Whether it is an Ollama server.
    pub(crate) ollama: bool,
}

impl Failures {
    /// Whether a complete answer may lack a reason for its end.
    pub(crate) const fn may_omit_reason(&self) -> bool {
        self.ollama
    }

    /// The answer ended before its end.
    pub(crate) fn lost(&self) -> CallError {
        let name = &self.name;
        CallError::Transient {
            message: format!("the connection to {name} was lost before the answer was complete"),
            retry_after: None,
        }
    }

    /// The provider does not want to answer this.
    pub(crate) fn filtered(&self) -> CallError {
        self.permanent("gave no answer to this: its content filter stopped it")
    }

    /// The provider said or did this, and the same call would meet it again.
    pub(crate) fn permanent(&self, what: &str) -> CallError {
        CallError::Permanent {
            message: format!("{} {what}", self.name),
        }
    }

    /// What an error of the client library means.
    pub(crate) fn of(&self, error: &Error) -> CallError {
        match error {
            Error::HttpError {
                status,
                body,
                headers,
                ..
            } => self.status(*status, body, headers),
            Error::WebStream { error, .. } => {
                if let Some(error) = error.downcast_ref::<Error>() {
                    self.of(error)
                } else if let Some(error) = error.downcast_ref::<reqwest::Error>() {
                    self.connection(error)
                } else {
                    self.lost()
                }
            }
            Error::StreamParse { serde_error, .. } if serde_error.is_eof() => self.lost(),
            Error::StreamParse { .. } | Error::JsonValueExt(_) | Error::SerdeJson(_) => {
                self.transient("sent an answer that cannot be read")
            }
            Error::ChatResponse { body, .. } => self.within_stream(body),
            _ => self.permanent("cannot be called with this"),
        }
    }

    fn connection(&self, error: &reqwest::Error) -> CallError {
        if error.is_builder() {
            self.permanent("cannot be called with this")
        } else if error.is_connect() {
            self.transient("could not be reached")
        } else if error.is_timeout() {
            self.transient("did not answer in time")
        } else {
            self.lost()
        }
    }

    /// An answer with a status other than success, before the first piece.
    fn status(&self, status: StatusCode, body: &str, headers: &HeaderMap) -> CallError {
        let code = status.as_u16();
        let said = serde_json::from_str(body)
            .ok()
            .and_then(|body| self.words(&body));
        let did = match code {
            // People who chat can do nothing about the operator's key, and providers quote it.
            401 => return self.permanent("does not accept the configured key (401)"),
            429 => format!("is over its rate limit (429){}", colon(said)),
            300..=399 => format!("answered with a redirect ({code}), which is not followed"),
            500.. => format!("failed ({code}){}", colon(said)),
            _ => format!("refused the call ({code}){}", colon(said)),
        };
        if passes(code) {
            let message = format!("{} {did}", self.name);
            return CallError::Transient {
                message,
                retry_after: retry_after(headers),
            };
        }
        self.permanent(&did)
    }

    /// An error that the provider sends within a stream that had begun with success.
    fn within_stream(&self, body: &Value) -> CallError {
        let error = body.get("error").unwrap_or(body);
        if body.get("error").is_none() && body.get("finishReason").is_some() {
            return self.permanent("gave no answer to this; it may have been blocked");
        }
        let code = [error.get("code"), error.get("status")]
            .into_iter()
            .flatten()
            .find_map(|code| code.as_u64().and_then(|code| u16::try_from(code).ok()));
        let kinds = [error.get("type"), error.get("code"), error.get("status")];
        let for_good = kinds
            .into_iter()
            .flatten()
            .any(|kind| kind.as_str().is_some_and(|kind| FOR_GOOD.contains(&kind)));
        let did = format!("broke off its answer{}", colon(self.words(body)));
        if for_good || code.is_some_and(|code| !passes(code)) {
            return self.permanent(&did);
        }
        self.transient(&did)
    }

    /// The provider said or did this, and another try may go better.
    fn transient(&self, what: &str) -> CallError {
        CallError::Transient {
            message: format!("{} {what}", self.name),
            retry_after: None,
        }
    }

    /// The provider's own short words, in one line, cut, and without the key.
    fn words(&self, body: &Value) -> Option<String> {
        let places = [
            "/error/message",
            "/0/error/message",
            "/error",
            "/message",
            "/detail",
        ];
        let text = places
            .iter()
            .find_map(|place| body.pointer(place).and_then(Value::as_str))?;
        let plain: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut text = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        // Before it is cut, so that no half of a key stays.
        if let Some(key) = &self.key {
            text = text.replace(key.expose_secret(), "***");
        }
        let cut: String = text.chars().take(WORDS).collect();
        (!cut.is_empty()).then_some(cut)
    }
}

fn colon(said: Option<String>) -> String {
    said.map(|said| format!(": {said}")).unwrap_or_default()
}

/// Whether a failure with this status may pass by itself.
pub(crate) const fn passes(code: u16) -> bool {
    matches!(code, 408 | 425 | 429 | 500..)
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3). Providers do not send the form with a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers
        .get(reqwest::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    let seconds: u64 = text.parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failures() -> Failures {
        Failures {
            name: "One".into(),
            key: Some("sk-secret".into()),
            ollama: false,
        }
    }

    fn http(code: u16, body: &str) -> CallError {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        failures().status(StatusCode::from_u16(code).unwrap(), body, &headers)
    }

    fn transient(error: &CallError) -> bool {
        matches!(error, CallError::Transient { .. })
    }

    #[test]
    fn a_status_says_whether_trying_again_makes_sense() {
        for code in [408, 425, 429, 500, 502, 503, 529] {
            let CallError::Transient { retry_after, .. } = http(code, "") else {
                panic!("{code}")
            };
            assert_eq!(retry_after, Some(Duration::from_secs(7)));
        }
        for code in [301, 400, 401, 403, 404, 413, 422] {
            assert!(!transient(&http(code, "")), "{code}");
        }
    }

    #[test]
    fn providers_words_are_short_and_without_the_key() {
        let long = format!("a{} sk-secret {}", " ".repeat(9), "b".repeat(900));
        let body = json!({"error": {"message": long}}).to_string();
        let message = http(400, &body).to_string();
        assert!(
            message.starts_with("One refused the call (400): a *** bbb"),
            "{message}"
        );
        assert_eq!(
            message.chars().count(),
            "One refused the call (400): ".len() + WORDS
        );
        assert_eq!(
            http(502, "<html>proxy</html>").to_string(),
            "One failed (502)"
        );
        assert!(
            !http(401, r#"{"error":{"message":"bad key sk-s***ret"}}"#)
                .to_string()
                .contains("sk-")
        );
    }

    #[test]
    fn every_form_of_an_error_body_is_read() {
        for body in [
            r#"{"error":{"message":"why"}}"#,
            r#"[{"error":{"message":"why"}}]"#,
            r#"{"error":"why"}"#,
            r#"{"message":"why"}"#,
            r#"{"detail":"why"}"#,
        ] {
            assert_eq!(
                http(404, body).to_string(),
                "One refused the call (404): why"
            );
        }
    }

    #[test]
    fn errors_within_a_stream_are_told_apart() {
        let within = |body| transient(&failures().within_stream(&body));
        assert!(within(
            json!({"error": {"type": "overloaded_error", "message": "busy"}})
        ));
        assert!(within(
            json!({"message": "x", "type": "server_error", "code": null})
        ));
        assert!(within(
            json!({"error": {"code": 503, "status": "UNAVAILABLE"}})
        ));
        assert!(!within(
            json!({"error": {"code": 400, "status": "INVALID_ARGUMENT"}})
        ));
        assert!(!within(
            json!({"type": "error", "error": {"type": "invalid_request_error"}})
        ));
        assert!(!within(
            json!({"finishReason": null, "usageMetadata": null})
        ));
    }

    #[test]
    fn retry_after_is_believed_up_to_an_hour() {
        let after = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().unwrap());
            retry_after(&headers).map(|wait| wait.as_secs())
        };
        assert_eq!(after("12"), Some(12));
        assert_eq!(after("99999999999"), Some(3600));
        assert_eq!(after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}
