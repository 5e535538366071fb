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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_comes_back_unless_there_is_nothing_to_come_back_to() {
        for code in [1000, 1001, 1006, 1011, 4000, 4004] {
            assert_eq!(verdict(code), Verdict::Again, "{code}");
        }
        assert_eq!(verdict(1009), Verdict::TooBig);
        assert_eq!(verdict(4001), Verdict::End(End::NoSession));
        assert_eq!(verdict(4002), Verdict::End(End::SessionOver));
        assert_eq!(verdict(4003), Verdict::SignIn);
    }
}
