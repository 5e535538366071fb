//! `token`.

use super::Failure;
use crate::cli::TokenCommand;
use crate::config::Config;

/// Makes, lists or revokes API tokens.
///
/// # Errors
/// Why it could not be done.
pub fn run(_config: Config, _command: TokenCommand) -> Result<(), Failure> {
    Err(Failure::Other {
        what: "`token` is not part of this build".into(),
        hint: None,
    })
}
