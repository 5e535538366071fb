//! What each command does.

pub mod config;
pub mod serve;
pub mod token;
pub mod user;

use std::io;

use crate::cli::{Cli, Command};
use crate::config::{Problems, Sources, load};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The settings are not right.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
    /// Something else, in plain words.
    #[error("{what}")]
    Other {
        /// What went wrong.
        what: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl Failure {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Settings(_) => Some(
                "docs/CONFIGURATION.md lists all settings; `switchboard config check` checks them",
            ),
            Self::Output(_) => None,
            Self::Other { hint, .. } => hint.as_deref(),
        }
    }
}

/// Does what the command line asks.
///
/// # Errors
/// Why it could not be done.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let sources = Sources::of_process(cli.flags());
    let settings = || load(&sources).map(|loaded| loaded.config);
    match cli.command {
        None | Some(Command::Serve(_)) => serve::run(settings()?),
        Some(Command::User(command)) => user::run(settings()?, command),
        Some(Command::Token(command)) => token::run(settings()?, command),
        Some(Command::Config(command)) => config::run(command, &sources, &mut io::stdout()),
    }
}
