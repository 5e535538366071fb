//! `task`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ServerArgs;

/// The options of `task`.
#[derive(Clone, Debug, Args)]
pub struct TaskArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: TaskCommand,
}

/// Which agent's tasks.
#[derive(Clone, Debug, Args)]
pub struct OfAgent {
    /// The agent: an id, or a provider, with a model behind a colon [default: the server's default agent]
    #[arg(long, value_name = "AGENT")]
    pub agent: Option<String>,
}

/// What can be done with tasks.
#[derive(Clone, Debug, Subcommand)]
pub enum TaskCommand {
    /// Give an agent a task, and follow it step by step to its end
    #[command(after_help = "\
What the agent says goes to standard output, all else to standard error. The command succeeds if
the task came to its end without an error. A server that is away is waited for.

Examples:
  switchboard task run Summarize --agent agent_7 --file report.pdf --out results
  switchboard task run --agent openai:gpt-5 --max-steps 10 -
  switchboard task run --agent 7 - < question.txt > answer.txt")]
    Run(RunArgs),
    /// List your tasks, the newest last
    List {
        /// Which agent's.
        #[command(flatten)]
        of: OfAgent,
        /// Which page of a hundred [default: the last]
        #[arg(long, value_name = "N")]
        page: Option<u64>,
    },
    /// Show a task with its steps and files
    Show {
        /// Its id
        task: String,
        /// Which agent's.
        #[command(flatten)]
        of: OfAgent,
    },
    /// Break off what runs of a task, and do no more of it
    Cancel {
        /// Its id
        task: String,
        /// Which agent's.
        #[command(flatten)]
        of: OfAgent,
    },
}

/// The options of `task run`.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// What is to be done, or `-` for standard input
    pub prompt: String,
    /// Which agent's.
    #[command(flatten)]
    pub of: OfAgent,
    /// A file to send along; may be given several times
    #[arg(long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The folder for the files that the agent makes; nothing in it is overwritten [default: none are saved]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// After how many steps to give up and cancel the task
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_steps: u32,
}
