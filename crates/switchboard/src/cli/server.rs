//! The options of all commands that are clients of a server.

use clap::Args;

/// Which server, and as whom.
#[derive(Clone, Debug, Default, Args)]
pub struct ServerArgs {
    /// The address of the server.
    #[arg(
        long,
        global = true,
        help = "The address of the server [default: http://127.0.0.1:8000]",
        value_name = "URL",
        env = "SWITCHBOARD_SERVER",
        hide_env_values = true
    )]
    pub server: Option<String>,
    /// Who you are; the password is asked for [default: admin]
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "SWITCHBOARD_USER",
        hide_env_values = true
    )]
    pub user: Option<String>,
}
