//! What happens when an account was connected.

use crate::app::Switchboard;
use switchboard_domain::{ids::Username, ports::Topic};

/// Tells whoever waits for an account that it is there: those who ask what came of a way, and the
/// actions that need it. Rows are the truth: an action that is not told finds the account when it is
/// looked at next.
pub(super) fn connected(app: &Switchboard, owner: &Username, provider: &str) {
    tracing::info!(user = %owner, provider, "an account was connected");
    app.ring(&Topic::Accounts(owner.clone()));
}
