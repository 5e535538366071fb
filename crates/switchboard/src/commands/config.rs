//! `config check` and `config show`.

use std::io::Write;

use super::Failure;
use crate::cli::ConfigCommand;
use crate::config::{Sources, load};

/// Checks or shows the settings.
///
/// # Errors
/// All that is wrong with the settings, or that the answer could not be written.
pub fn run(command: ConfigCommand, sources: &Sources, out: &mut dyn Write) -> Result<(), Failure> {
    let loaded = load(sources)?;
    match command {
        ConfigCommand::Check => writeln!(out, "ok")?,
        ConfigCommand::Show => out.write_all(loaded.show().as_bytes())?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(variable: &str, value: &str, folder: &tempfile::TempDir) -> Sources {
        Sources {
            variables: [(variable.to_string(), value.to_string())].into(),
            folder: folder.path().into(),
            ..Sources::default()
        }
    }

    #[test]
    fn check_says_ok_or_all_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        let good = sources("SWITCHBOARD_WORKERS", "3", &folder);
        run(ConfigCommand::Check, &good, &mut out).unwrap();
        assert_eq!(out, b"ok\n");
        let bad = sources("SWITCHBOARD_WORKERS", "many", &folder);
        let failure = run(ConfigCommand::Check, &bad, &mut out).unwrap_err();
        assert!(
            failure
                .to_string()
                .contains("SWITCHBOARD_WORKERS: `many` is not a whole number")
        );
        assert!(failure.hint().is_some());
    }

    #[test]
    fn show_prints_what_is_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let mut out = Vec::new();
        let sources = sources("SWITCHBOARD_WORKERS", "3", &folder);
        run(ConfigCommand::Show, &sources, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("workers = 3  # SWITCHBOARD_WORKERS\n"),
            "{text}"
        );
    }
}
