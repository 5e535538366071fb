//! The options of `chat`.

use clap::Args;

use super::ServerArgs;

/// The options of `chat`.
#[derive(Clone, Debug, Default, Args)]
pub struct ChatArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// The provider to talk with, or `agent` for a registered agent [default: demo]
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Option<String>,
    /// The model of the provider, or the id of the registered agent [default: the provider's own]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// What the agent is told about its part
    #[arg(long, value_name = "TEXT")]
    pub personality: Option<String>,
    /// Go on in this session
    #[arg(long, value_name = "ID", conflicts_with_all = ["provider", "model", "personality", "between"])]
    pub session: Option<String>,
    /// Let two agents talk with each other: each is PROVIDER/MODEL, PROVIDER or `agent_7`
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["provider", "model"])]
    pub between: Option<Vec<String>>,
    /// What to say first; then what comes from standard input, each line a text
    #[arg(value_name = "TEXT")]
    pub text: Vec<String>,
}

/// What `chat --help` says behind the options.
pub const HELP: &str = "\
Who you are comes from SWITCHBOARD_TOKEN (an API token or an access token), or else
from --user with SWITCHBOARD_PASSWORD, or else you are asked. In a pipe the answers go
to standard output, all else to standard error, and the exit status is 0 when every
text was answered. --provider with a name that there is not lists those that there are.

Examples:
  switchboard chat
  switchboard chat --server https://switchboard.example --user ada
  switchboard chat --provider groq --personality \"You answer in one sentence\"
  switchboard chat --session session_0190d3a1c0de7a11b0bb1e5a11f0cafe
  switchboard chat --between demo/echo demo/echo Hello
  switchboard chat --provider openai < questions.txt";
