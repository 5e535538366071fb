//! Why a connection is closed, as the client sees it.

use axum::extract::ws::{CloseFrame, Message};
use switchboard_domain::Error;

/// Why a connection is closed. The codes from 4000 on are `AgentConnect`'s; the others are of
/// RFC 6455 §7.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The client closed, or is gone.
    Gone,
    /// The server goes down; the client may come back at once, to any node.
    GoingDown,
    /// A message was larger than it may be.
    TooBig,
    /// A fault of ours.
    Internal,
    /// Nothing at all came from the client for too long.
    Inactivity,
    /// The client did not read fast enough; it may resume from its cursor.
    SlowConsumer,
    /// There is no such session.
    NoSession,
    /// The session ended or expired.
    SessionOver,
    /// No token, a bad or expired one, or not the owner's.
    NotAllowed,
    /// Far more frames than allowed.
    Flood,
    /// The user has as many connections as one may have.
    TooMany,
}

impl Close {
    /// The code and the reason.
    pub const fn code(self) -> (u16, &'static str) {
        match self {
            Self::Gone => (1000, ""),
            Self::GoingDown => (1001, "server_going_down"),
            Self::TooBig => (1009, "message_too_big"),
            Self::Internal => (4000, "internal_error"),
            Self::Inactivity => (4000, "inactivity"),
            Self::SlowConsumer => (4000, "slow_consumer"),
            Self::NoSession => (4001, "invalid_session"),
            Self::SessionOver => (4002, "session_expired"),
            Self::NotAllowed => (4003, "authentication_failed"),
            Self::Flood => (4004, "rate_limited"),
            Self::TooMany => (4004, "too_many_connections"),
        }
    }

    /// The close frame.
    pub fn message(self) -> Message {
        let (code, reason) = self.code();
        Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }))
    }

    /// How an error of a use case ends a connection that is being opened.
    pub fn because(error: &Error) -> Self {
        match error {
            Error::NotFound(_) => Self::NoSession,
            Error::Unauthenticated(_) | Error::Forbidden(_) => Self::NotAllowed,
            Error::Conflict(_) => Self::SessionOver,
            Error::QuotaExceeded(_) => Self::TooMany,
            other => {
                tracing::error!(error = ?other, "a connection could not be opened");
                Self::Internal
            }
        }
    }
}
