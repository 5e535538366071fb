//! `workflow`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ServerArgs;

/// The options of `workflow`.
#[derive(Clone, Debug, Args)]
pub struct WorkflowArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: WorkflowCommand,
}

/// What can be done with workflows.
#[derive(Clone, Debug, Subcommand)]
pub enum WorkflowCommand {
    /// List your workflows
    List,
    /// Take in a workflow file, ActiveWorkflow's or one of ours
    #[command(after_help = "\
What is there already is known by its guid and changed to what the file says: importing twice
changes nothing. Nothing happens unless all of it does.

Examples:
  switchboard workflow import news.json
  switchboard workflow import - < news.json")]
    Import {
        /// The file, or `-` for standard input
        file: PathBuf,
    },
    /// Write a workflow as a file
    #[command(after_help = "\
Examples:
  switchboard workflow export 3 > news.json
  switchboard workflow export News --out news.json")]
    Export {
        /// Its id or its name
        workflow: String,
        /// Where to [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Let a workflow begin: those of its agents check that receive from none in it
    Run {
        /// Its id or its name
        workflow: String,
    },
}
