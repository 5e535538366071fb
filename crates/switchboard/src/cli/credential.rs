//! `credential`.

use clap::{Args, Subcommand};

use super::ServerArgs;

/// The options of `credential`.
#[derive(Clone, Debug, Args)]
pub struct CredentialArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: CredentialCommand,
}

/// What can be done with credentials.
#[derive(Clone, Debug, Subcommand)]
pub enum CredentialCommand {
    /// Keep a secret under a name; the secret comes from standard input, or is asked for
    #[command(after_help = "\
An agent is sent it where one of its options is this name. The value is never shown again.

Examples:
  switchboard credential set mail_password
  switchboard credential set api_key < key.txt")]
    Set {
        /// Its name
        name: String,
    },
    /// List your credentials by name; values are not shown
    List,
    /// Remove a credential; agents are not sent it any more
    Remove {
        /// Its name
        name: String,
    },
}
