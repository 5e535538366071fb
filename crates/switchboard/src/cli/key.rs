//! `key`.

use clap::Subcommand;

/// What can be done with the master keys.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum KeyCommand {
    /// List the master keys by their ids, and how many values each sealed
    List,
    /// Make a new master key and seal everything under it; servers go on running
    #[command(after_help = "\
The new key becomes the first line of master.key in the data folder. A server that runs takes it up by
itself. Where the keys are in SWITCHBOARD_MASTER_KEY, put the new one first, a space, and the earlier
one, and start all servers anew; then `rotate` seals under the first.

Examples:
  switchboard key rotate
  switchboard key rotate --data /var/lib/switchboard")]
    Rotate,
    /// Drop the earlier master keys, once nothing is sealed under them
    #[command(after_help = "\
A backup of the store from before the rotation can only be opened with the earlier keys: keep a copy of
them as long as you keep such backups.")]
    Forget,
}
