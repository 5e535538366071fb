//! `action`, `grant` and `audit`.

use clap::{Args, Subcommand};

use super::ServerArgs;

/// The options of `action`.
#[derive(Clone, Debug, Args)]
pub struct ActionArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: ActionCommand,
}

/// What can be done about actions.
#[derive(Clone, Debug, Subcommand)]
pub enum ActionCommand {
    /// List what agents propose to do
    #[command(after_help = "\
Examples:
  switchboard action list
  switchboard action list --state succeeded,failed")]
    List {
        /// Only those in these states, with commas between; `all` for all of them
        #[arg(
            long,
            default_value = "approval_required,auth_required,unknown",
            value_name = "STATES"
        )]
        state: String,
    },
    /// Show an action with its arguments
    Show {
        /// Its id
        id: String,
    },
    /// Let an action be done, with just these arguments
    Approve {
        /// Its id
        id: String,
    },
    /// Forbid an action
    Reject {
        /// Its id
        id: String,
    },
    /// Put an action with other arguments in the place of one; it is to be approved anew
    #[command(after_help = "\
Examples:
  switchboard action edit act_0190a0b1c2d3e4f5a6b7c8d9e0f10203 '{\"to\":\"bob\"}'")]
    Edit {
        /// Its id
        id: String,
        /// The arguments, as JSON
        arguments: String,
    },
    /// Let an action be done once more of which nobody knows whether it was done
    Retry {
        /// Its id
        id: String,
    },
    /// Call an action off
    Cancel {
        /// Its id
        id: String,
    },
}

/// The options of `grant`.
#[derive(Clone, Debug, Args)]
pub struct GrantArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: GrantCommand,
}

/// What can be done with standing grants.
#[derive(Clone, Debug, Subcommand)]
pub enum GrantCommand {
    /// List your standing grants
    List,
    /// Let runs that are continuous do some actions without asking
    #[command(after_help = "\
Examples:
  switchboard grant add 'fs.*' --max 20 --hours 2")]
    Add {
        /// The capabilities; a * at the end stands for any rest
        #[arg(required = true)]
        capabilities: Vec<String>,
        /// For so many actions
        #[arg(long)]
        max: u32,
        /// For so many hours
        #[arg(long)]
        hours: u32,
        /// For this agent alone
        #[arg(long)]
        agent: Option<String>,
    },
    /// Take a grant back
    Revoke {
        /// Its id
        id: String,
    },
}

/// The options of `audit`.
#[derive(Clone, Debug, Args)]
pub struct AuditArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with the trail.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum AuditCommand {
    /// Show what was done about your actions, rules and grants, the newest last
    Show,
    /// Look whether the trail is whole
    Verify,
}
