//! The command line: what can be asked, and what `--help` says about it.

mod action;
mod agent;
mod chat;
mod connect;
mod credential;
mod executor;
mod key;
mod server;
mod task;
mod workflow;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use action::{ActionArgs, ActionCommand, AuditArgs, AuditCommand, GrantArgs, GrantCommand};
pub use agent::{AddArgs, AgentArgs, AgentCommand};
pub use chat::ChatArgs;
pub use connect::ConnectArgs;
pub use credential::{CredentialArgs, CredentialCommand};
pub use executor::ExecutorArgs;
pub use key::KeyCommand;
pub use server::ServerArgs;
pub use task::{OfAgent, RunArgs, TaskArgs, TaskCommand};
pub use workflow::{WorkflowArgs, WorkflowCommand};

use crate::config::Flags;

/// One server through which people, agents and programs reach agents.
///
/// Without a command the server is started, as with `serve`.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
pub struct Cli {
    /// The options that every command knows.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The options of `serve`, for when no command is named.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  switchboard                                 start with everything in ./switchboard-data
  switchboard serve --listen 0.0.0.0:8000     let other machines in
  switchboard chat                            talk with an agent of a server that runs
  switchboard user add ada --role admin       make an account; asks for the password
  switchboard config show                     what is set, and where it was set";

/// The options that every command knows.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// The folder for all that is kept in files [default: ./switchboard-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<String>,
    /// Where the store is: sqlite:FILE or postgres://… [default: a file in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// The file with the settings [default: switchboard.toml here or in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<String>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    #[command(after_help = "\
Examples:
  switchboard serve
  switchboard serve --data /var/lib/switchboard --listen 0.0.0.0:8000
  switchboard serve --store postgres://switchboard@db/switchboard")]
    Serve(ServeArgs),
    /// Talk with an agent of a server that runs, or watch two agents talk
    #[command(after_help = chat::HELP)]
    Chat(ChatArgs),
    /// Give an agent of a server that runs a task, and watch over tasks
    Task(TaskArgs),
    /// Make, watch and switch the agents of workflows on a server that runs
    Agent(AgentArgs),
    /// List, import, export and begin workflows on a server that runs
    Workflow(WorkflowArgs),
    /// Keep secrets for agents on a server that runs
    Credential(CredentialArgs),
    /// See what agents propose to do for you, and decide about it
    Action(ActionArgs),
    /// Let runs that are continuous do some actions without asking
    Grant(GrantArgs),
    /// See what was done about your actions, and whether that record is whole
    Audit(AuditArgs),
    /// Connect an account of yours, so that actions of agents may use it
    #[command(after_help = connect::HELP)]
    Connect(ConnectArgs),
    /// Run actions that agents propose: claims them from a server, and runs a command for each
    #[command(after_help = executor::HELP)]
    Executor(ExecutorArgs),
    /// Make, list and change accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Make, list and revoke API tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Show and change the master keys, under which the store's secrets are sealed
    #[command(subcommand)]
    Key(KeyCommand),
    /// Check and show the settings
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// The options of `serve`.
#[derive(Clone, Debug, Default, Args)]
pub struct ServeArgs {
    /// The address and port of the server [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account; asks for the password
    #[command(after_help = "\
Examples:
  switchboard user add ada
  switchboard user add root --role admin --password-stdin < password.txt")]
    Add {
        /// The name of the account
        name: String,
        /// What the account may do
        #[arg(long, value_enum, default_value_t = Role::User)]
        role: Role,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all accounts
    List,
    /// Change the password of an account; asks for the new one
    Password {
        /// The name of the account
        name: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lock an account and end all that it has open
    Disable {
        /// The name of the account
        name: String,
    },
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Everything.
    Admin,
    /// What concerns itself.
    User,
}

/// What can be done with API tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once
    #[command(after_help = "\
Examples:
  switchboard token create ci --user ada --scope chat
  switchboard token create ops --user ada --scope chat --scope admin --expires-days 30")]
    Create {
        /// What the token is called
        name: String,
        /// The account for which it acts
        #[arg(long)]
        user: String,
        /// What it may be used for; may be given several times
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// How many days it is good for [default: until it is revoked]
        #[arg(long, value_name = "N")]
        expires_days: Option<u32>,
    },
    /// List tokens, without what is secret about them
    List {
        /// Only those of this account
        #[arg(long)]
        user: Option<String>,
    },
    /// Make a token worthless
    Revoke {
        /// The id of the token, as `token list` shows it
        id: String,
    },
}

/// What can be done with the settings.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say "ok", or all that is wrong
    Check,
    /// Print the settings in force, and where each came from; secrets are left out
    Show,
}

impl Cli {
    /// The settings that were given on the command line.
    pub fn flags(&self) -> Flags {
        let served = match &self.command {
            Some(Command::Serve(serve)) => serve.listen.clone(),
            _ => None,
        };
        Flags {
            listen: served.or_else(|| self.serve.listen.clone()),
            data: self.global.data.clone(),
            store: self.global.store.clone(),
            config: self.global.config.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_serves() {
        let cli = parse("switchboard --listen 0.0.0.0:1 --data d").unwrap();
        assert!(cli.command.is_none());
        assert_eq!(cli.flags().listen.as_deref(), Some("0.0.0.0:1"));
        assert_eq!(cli.flags().data.as_deref(), Some("d"));
    }

    #[test]
    fn global_options_work_before_and_behind_every_command() {
        for line in [
            "switchboard --data d serve",
            "switchboard user add ada --data d",
            "switchboard user --data d list",
            "switchboard token revoke x --data d",
            "switchboard config show --data d",
        ] {
            assert_eq!(
                parse(line).unwrap().flags().data.as_deref(),
                Some("d"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_token_needs_a_user_and_a_scope() {
        assert!(parse("switchboard token create ci --user ada").is_err());
        assert!(parse("switchboard token create ci --scope chat").is_err());
        let cli =
            parse("switchboard token create ci --user ada --scope chat --scope tasks").unwrap();
        let Some(Command::Token(TokenCommand::Create { scopes, .. })) = cli.command else {
            panic!("not a token");
        };
        assert_eq!(scopes, ["chat", "tasks"]);
    }
}
