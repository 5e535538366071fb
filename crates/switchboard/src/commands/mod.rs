//! What each command does.

pub mod action;
pub mod agent;
pub mod chat;
pub mod config;
pub mod connect;
pub mod credential;
pub mod executor;
mod harmless;
pub mod key;
mod named;
pub mod serve;
mod sign_in;
mod table;
pub mod task;
pub mod token;
pub mod user;
pub mod workflow;

use std::io;

use switchboard_core::Ports;
use switchboard_store::Role;

use crate::assemble;
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

impl From<switchboard_domain::Error> for Failure {
    fn from(error: switchboard_domain::Error) -> Self {
        Self::of_store(error)
    }
}

impl Failure {
    /// A use case failed. At the command line its cause is shown: the operator is at the keyboard.
    pub(crate) fn of_store(error: switchboard_domain::Error) -> Self {
        use switchboard_domain::Error;
        let what = match error {
            Error::Fields(fields) => {
                let texts = fields
                    .iter()
                    .map(|field| format!("{}: {}", field.path.join("."), field.message));
                texts.collect::<Vec<_>>().join("\n")
            }
            Error::Internal(cause) => cause,
            other => other.to_string(),
        };
        Self::Other { what, hint: None }
    }

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
    let out = &mut io::stdout();
    match cli.command {
        None | Some(Command::Serve(_)) => block_on(serve::run(settings()?)),
        Some(Command::Chat(arguments)) => block_on(chat::run(arguments, &sources.variables)),
        Some(Command::Task(arguments)) => block_on(task::run(arguments, &sources.variables, out)),
        Some(Command::Agent(arguments)) => block_on(agent::run(arguments, &sources.variables, out)),
        Some(Command::Workflow(arguments)) => {
            block_on(workflow::run(arguments, &sources.variables, out))
        }
        Some(Command::Credential(arguments)) => {
            block_on(credential::run(arguments, &sources.variables, out))
        }
        Some(Command::Action(arguments)) => {
            block_on(action::run(arguments, &sources.variables, out))
        }
        Some(Command::Grant(arguments)) => {
            block_on(action::grant(arguments, &sources.variables, out))
        }
        Some(Command::Audit(arguments)) => {
            block_on(action::audit(arguments, &sources.variables, out))
        }
        Some(Command::Connect(arguments)) => {
            block_on(connect::run(arguments, &sources.variables, out))
        }
        Some(Command::Executor(arguments)) => {
            block_on(executor::run(arguments, &sources.variables))
        }
        Some(Command::User(command)) => block_on(with_store(&settings()?, async |ports| {
            user::run(ports, command, out).await
        })),
        Some(Command::Token(command)) => block_on(with_store(&settings()?, async |ports| {
            token::run(ports, command, out).await
        })),
        Some(Command::Key(command)) => {
            let config = settings()?;
            block_on(with_store(&config, async |ports| {
                key::run(ports, &config, command, out).await
            }))
        }
        Some(Command::Config(command)) => config::run(command, &sources, out),
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(work);
    // Nobody waits for a line that is still read from a terminal.
    runtime.shutdown_background();
    result
}

/// Opens the store beside a server that may be running, and closes it when the command is done.
async fn with_store(
    config: &crate::config::Config,
    work: impl AsyncFnOnce(&Ports) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let ports = assemble::ports(config, Role::Tool).await?;
    let result = work(&ports).await;
    ports.store.close().await;
    result
}
