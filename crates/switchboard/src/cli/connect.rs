//! `connect`.

use clap::Args;

use super::ServerArgs;

pub(super) const HELP: &str = "\
Agents may then propose actions with the account, within what you allow; they never see its keys.

Examples:
  switchboard connect google
  switchboard connect github --scope repo --device
  switchboard connect google --no-browser";

/// The options of `connect`.
#[derive(Clone, Debug, Args)]
pub struct ConnectArgs {
    /// Where, and as whom.
    #[command(flatten)]
    pub at: ServerArgs,
    /// The provider, as the operator of the server calls it
    pub provider: String,
    /// What the account is to be used for; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// Enter a code on another device, rather than open a page here
    #[arg(long)]
    pub device: bool,
    /// Only print the address of the page
    #[arg(long)]
    pub no_browser: bool,
}
