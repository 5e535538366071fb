//! `executor`.

use clap::Args;

use super::ServerArgs;

pub(super) const HELP: &str = "\
The command is run once for each action, without a shell. It reads the action's arguments as JSON
from standard input, and what it prints is the result: JSON, or else text. Any exit status but 0 means
that the action failed. It finds the action's id and name in ACTION_ID and ACTION_NAME, and no token.

Sign in by an API token with the scope `act` in SWITCHBOARD_TOKEN.

Examples:
  switchboard executor --capability fs.read -- ./read-file
  switchboard executor --capability 'mail.*' --timeout 60 -- python3 mail.py";

/// The options of `executor`.
#[derive(Clone, Debug, Args)]
pub struct ExecutorArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What it runs, e.g. fs.read or fs.*; may be given several times
    #[arg(long = "capability", value_name = "NAME", required = true)]
    pub capabilities: Vec<String>,
    /// How many seconds the command may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: u32,
    /// Run one action, and end
    #[arg(long)]
    pub once: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
