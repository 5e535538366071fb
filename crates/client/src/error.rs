//! What can go wrong, in words for the person at the terminal.

use reqwest::StatusCode;
use serde_json::Value;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address cannot be one of a server.
    #[error("`{address}` is no address of a server: {why}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody answered, or not in time.
    #[error("cannot reach {server}: {why}")]
    Unreachable {
        /// The server.
        server: String,
        /// What the machine says.
        why: String,
    },
    /// Somebody answered, but not as a Switchboard would.
    #[error("{server} does not answer as a Switchboard: {why}")]
    Strange {
        /// The server.
        server: String,
        /// What is strange.
        why: String,
    },
    /// The server refused.
    #[error("{detail}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// Why, in the server's words.
        detail: String,
        /// What to do about it, where the server says so.
        hint: Option<String>,
        /// After how many seconds to ask again, where the server says so.
        retry_after: Option<u64>,
    },
}

/// Why a conversation is over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// There is no such session.
    #[error("there is no such session")]
    NoSession,
    /// The session ended or expired.
    #[error("the session is over")]
    SessionOver,
    /// The token is void and there is no password to get another, or the session is somebody else's.
    #[error("the server does not let you in: the token is void, or the session is not yours")]
    NotAllowed,
    /// Signing in again was refused.
    #[error("signing in again failed: {0}")]
    SignIn(Error),
    /// The server stayed away for too long.
    #[error("gave up after {tries} tries: {why}")]
    Unreachable {
        /// How often it was tried in a row.
        tries: u32,
        /// What came of the last try.
        why: String,
    },
}

impl Error {
    /// What the server's refusal says.
    pub(crate) fn refused(status: StatusCode, retry_after: Option<u64>, body: &Value) -> Self {
        // The API for workflows has another name for it, and the Agent Protocol a third.
        let names = ["detail", "error", "message"];
        let detail = names.iter().find_map(|name| body.get(*name));
        let detail = detail.unwrap_or(&Value::Null);
        let detail = match detail {
            Value::String(detail) => detail.clone(),
            Value::Array(problems) => {
                let words: Vec<String> = problems.iter().map(problem).collect();
                words.join("; ")
            }
            _ => format!("the server answered {status}"),
        };
        Self::Refused {
            status: status.as_u16(),
            detail,
            hint: body["hint"].as_str().map(str::to_owned),
            retry_after,
        }
    }

    /// The status, if the server answered with one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// One member that is wrong: where it is, and what is wrong.
fn problem(problem: &Value) -> String {
    let steps = problem["loc"].as_array().map(Vec::as_slice);
    let path: Vec<String> = steps
        .unwrap_or_default()
        .iter()
        .skip(1)
        .map(|step| {
            step.as_str()
                .map_or_else(|| step.to_string(), str::to_owned)
        })
        .collect();
    let words = problem["msg"].as_str().unwrap_or("is wrong");
    if path.is_empty() {
        words.to_owned()
    } else {
        format!("{}: {words}", path.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let told = |body: &Value| Error::refused(StatusCode::BAD_REQUEST, None, body).to_string();
        assert_eq!(told(&json!({"detail": "No key"})), "No key");
        let fields = json!({"detail": [
            {"loc": ["body", "agents", 0, "model"], "msg": "unknown"}, {"loc": [], "msg": "odd"},
        ]});
        assert_eq!(told(&fields), "agents.0.model: unknown; odd");
        assert_eq!(
            told(&json!({"error": "after is invalid"})),
            "after is invalid"
        );
        assert_eq!(told(&Value::Null), "the server answered 400 Bad Request");
    }
}
