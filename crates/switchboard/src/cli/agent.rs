//! `agent`.

use clap::{Args, Subcommand};

use super::ServerArgs;

/// The options of `agent`.
#[derive(Clone, Debug, Args)]
pub struct AgentArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: AgentCommand,
}

/// What can be done with the agents of workflows.
#[derive(Clone, Debug, Subcommand)]
pub enum AgentCommand {
    /// List the types of agents that there are
    Types,
    /// Make an agent of a type; or plug in a remote agent, by its URL
    #[command(after_help = "\
A URL adds a type of agents: the server asks it what it is. That takes an administrator, and an
address in a private network has to be in the setting allowed_networks of the server.
An agent behind another server of the Agent Protocol is of the type AgentProtocol.

Examples:
  switchboard agent add https://agents.example.org/counter
  switchboard agent add Counter --name Clicks --options '{\"step\":1}'
  switchboard agent add HttpStatus --schedule every_10m --to 7
  switchboard agent add AgentProtocol --name Far --options '{\"url\":\"https://far.example.org\",\"credential\":\"far\"}'
  switchboard agent add Digest --schedule 7h --time-zone Europe/Berlin --from Clicks")]
    Add(AddArgs),
    /// List your agents
    List,
    /// Show all that is known of an agent
    Show {
        /// Its id or its name
        agent: String,
    },
    /// Let an agent check now
    Run {
        /// Its id or its name
        agent: String,
    },
    /// Show the log of an agent, the newest line last
    Logs {
        /// Its id or its name
        agent: String,
    },
    /// Let an agent work again
    Enable {
        /// Its id or its name
        agent: String,
    },
    /// Let an agent rest; what it receives waits
    Disable {
        /// Its id or its name
        agent: String,
    },
}

/// The options of `agent add`.
#[derive(Clone, Debug, Args)]
pub struct AddArgs {
    /// A type, as `agent types` shows it, or the http(s) URL of a remote agent
    #[arg(value_name = "TYPE|URL")]
    pub what: String,
    /// What it is called [default: its type]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Its options, an object of JSON [default: those of its type]
    #[arg(long, value_name = "JSON")]
    pub options: Option<String>,
    /// When it checks by itself: a name such as `every_1h`, or a cron expression [default: never]
    #[arg(long, value_name = "WHEN")]
    pub schedule: Option<String>,
    /// The time zone of the schedule, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// An agent whose messages it receives, by id or name; may be given several times
    #[arg(long = "from", value_name = "AGENT")]
    pub sources: Vec<String>,
    /// An agent that receives its messages, by id or name; may be given several times
    #[arg(long = "to", value_name = "AGENT")]
    pub receivers: Vec<String>,
}
