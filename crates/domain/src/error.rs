//! The one error of the use cases. It knows no transport; each door renders it.

use std::time::Duration;

/// What a use case answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a use case did not do what was asked. The texts are for the caller: they say what can be
/// done about it and show nothing internal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the credentials are not good.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller is known but may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// What was named does not exist (or the caller may not know that it does).
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request contradicts a rule or the server's set-up.
    #[error("{0}")]
    Invalid(String),
    /// Members of the request have wrong values.
    #[error("the request has {} invalid member(s)", .0.len())]
    Fields(Vec<FieldError>),
    /// It conflicts with the present state; reading it again helps.
    #[error("{0}")]
    Conflict(String),
    /// It was refused for a reason that has a name of its own; in words, with what helps.
    #[error("{1}")]
    Named(Reason, String),
    /// Too many requests of this kind.
    #[error("Too Many Requests")]
    RateLimited {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// A quota of the caller is used up.
    #[error("{0}")]
    QuotaExceeded(String),
    /// It is larger than it may be.
    #[error("{0}")]
    TooLarge(String),
    /// The server is full or going down; trying again soon helps.
    #[error("the server is busy, try again shortly")]
    Unavailable,
    /// A fault of ours. The cause goes to the log and never to the caller.
    #[error("Internal server error")]
    Internal(String),
}

/// A reason for a refusal that programs tell apart (RFC 9457 §3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The caller may not decide about actions.
    ApproverNotAllowed,
    /// A rule forbids it.
    PolicyDenied,
    /// Both sides demand to run a function, in different places.
    PlacementConflict,
    /// The digest is not that of the action.
    DigestMismatch,
    /// The lease is not the newest.
    LeaseLost,
    /// It was decided or done already.
    AlreadyResolved,
    /// The action waited too long.
    ActionExpired,
    /// One side cannot have what it demands.
    DemandUnmet,
    /// A result does not fit what the function says that it returns.
    ResultSchema,
    /// The chain of agents comes back to where it was, or is too long.
    DelegationLoop,
}

impl Reason {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApproverNotAllowed => "approver-not-allowed",
            Self::PolicyDenied => "policy-denied",
            Self::PlacementConflict => "placement-conflict",
            Self::DigestMismatch => "digest-mismatch",
            Self::LeaseLost => "lease-lost",
            Self::AlreadyResolved => "already-resolved",
            Self::ActionExpired => "action-expired",
            Self::DemandUnmet => "demand-unmet",
            Self::ResultSchema => "result-schema",
            Self::DelegationLoop => "delegation-loop",
        }
    }

    /// In a few words, the same each time (RFC 9457 §3.1.3).
    pub const fn title(self) -> &'static str {
        match self {
            Self::ApproverNotAllowed => "This caller may not decide about actions",
            Self::PolicyDenied => "A rule forbids it",
            Self::PlacementConflict => "Both sides demand to run a function",
            Self::DigestMismatch => "The digest is another one",
            Self::LeaseLost => "The lease is lost",
            Self::AlreadyResolved => "It is decided or done already",
            Self::ActionExpired => "The action expired",
            Self::DemandUnmet => "A demand cannot be met",
            Self::ResultSchema => "The result does not fit",
            Self::DelegationLoop => "The chain of agents is a loop",
        }
    }

    /// The status of an answer that tells it (RFC 9110 §15).
    pub const fn status(self) -> u16 {
        match self {
            Self::ApproverNotAllowed | Self::PolicyDenied => 403,
            Self::PlacementConflict
            | Self::DigestMismatch
            | Self::LeaseLost
            | Self::AlreadyResolved => 409,
            Self::ActionExpired => 410,
            Self::DemandUnmet => 412,
            Self::ResultSchema => 422,
            Self::DelegationLoop => 508,
        }
    }
}

/// One member of a request with a wrong value.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// The path to the member: names and indexes, outermost first.
    pub path: Vec<String>,
    /// A short machine name of what is wrong, e.g. `missing` or `value_error`.
    pub kind: &'static str,
    /// What is wrong, in words.
    pub message: String,
    /// The value that was given, where it is worth showing.
    pub input: serde_json::Value,
}

impl FieldError {
    /// A member whose value breaks a rule.
    pub fn value(path: &[&str], message: impl Into<String>, input: serde_json::Value) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self {
            path,
            kind: "value_error",
            message: message.into(),
            input,
        }
    }
}

impl From<FieldError> for Error {
    fn from(field: FieldError) -> Self {
        Self::Fields(vec![field])
    }
}

impl From<crate::ports::ArtifactError> for Error {
    fn from(error: crate::ports::ArtifactError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<crate::ports::StoreError> for Error {
    fn from(error: crate::ports::StoreError) -> Self {
        match error {
            crate::ports::StoreError::Full | crate::ports::StoreError::Closed => Self::Unavailable,
            crate::ports::StoreError::Broken(cause) => Self::Internal(cause),
        }
    }
}

impl From<crate::ports::WriteError> for Error {
    fn from(error: crate::ports::WriteError) -> Self {
        match error {
            crate::ports::WriteError::Store(error) => error.into(),
            crate::ports::WriteError::Refused(_) => {
                Self::Conflict("It changed in the meantime; read it again".to_owned())
            }
        }
    }
}

/// What the innermost cause of an error says: that one tells something, where those around it only say
/// that something failed.
pub fn innermost_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
