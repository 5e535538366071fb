//! What to do when the server closes a connection.

use crate::error::End;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Connect again, and resume.
    Again,
    /// The text that was sent is larger than the server takes; connect again without it.
    TooBig,
    /// Sign in again, then connect.
    SignIn,
    /// There is nothing to come back to.
    End(End),
}

/// What a close code asks for.
pub(crate) fn verdict(code: u16) -> Verdict {
    match code {
        1009 => Verdict::TooBig,
        4001 => Verdict::End(End::NoSession),
        4002 => Verdict::End(End::SessionOver),
        4003 => Verdict::SignIn,
        _ => Verdict::Again,
    }
}
