//! `user`.

use super::Failure;
use crate::cli::UserCommand;
use crate::config::Config;

/// Makes, lists or changes accounts.
///
/// # Errors
/// Why it could not be done.
pub fn run(_config: Config, _command: UserCommand) -> Result<(), Failure> {
    Err(Failure::Other {
        what: "`user` is not part of this build".into(),
        hint: None,
    })
}
