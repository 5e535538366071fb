//! `serve`.

use super::Failure;

use crate::config::Config;

/// Starts the server and returns when it has stopped.
///
/// # Errors
/// Why it could not be done.
pub fn run(_config: Config) -> Result<(), Failure> {
    Err(Failure::Other {
        what: "`serve` is not part of this build".into(),
        hint: None,
    })
}
