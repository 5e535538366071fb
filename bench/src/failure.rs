//! What can go wrong while measuring.

use std::io;

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The machine refused something.
    #[error("{doing}: {cause}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// Why it failed.
        cause: io::Error,
    },
    /// The database of the comparison failed.
    #[error("the database of the comparison: {0}")]
    Database(#[from] sqlx::Error),
    /// The bare client failed.
    #[error("the bare client: {0}")]
    Client(#[from] reqwest::Error),
    /// The server answered what it should not.
    #[error("{doing}: {what}")]
    Unexpected {
        /// What was tried.
        doing: &'static str,
        /// What came.
        what: String,
    },
    /// The server refused a request.
    #[error("{path}: {status} {body}")]
    Refused {
        /// What was asked for.
        path: String,
        /// The status code.
        status: u16,
        /// Why.
        body: String,
    },
    /// The server closed a WebSocket.
    #[error("the server closed a WebSocket: {code} {reason}")]
    Closed {
        /// The close code; 0 for none.
        code: u16,
        /// What was said.
        reason: String,
    },
    /// Somebody stopped the measurement.
    #[error("stopped before the end")]
    Stopped,
    /// The server did not start.
    #[error("the server did not start; its log:\n{0}")]
    NotStarted(String),
}

impl Failure {
    /// For `map_err`: a refusal of the machine, and what was tried.
    pub fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { doing, cause }
    }

    /// Something that should not have come.
    pub fn unexpected(doing: &'static str, what: impl Into<String>) -> Self {
        Self::Unexpected {
            doing,
            what: what.into(),
        }
    }
}
