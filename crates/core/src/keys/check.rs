//! Whether a server has the keys that its store needs.

use super::PRESENT;
use crate::identity::SIGNING_KEY;
use switchboard_domain::{
    Result,
    nouns::Secret,
    ports::{Store, Vault, find},
};

/// Whether master keys fit a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterKeyCheck {
    /// The store holds nothing that is sealed: any key will do.
    Empty,
    /// The keys open what the server needs to start, and have the one that seals.
    Fits,
    /// They do not, or there are none.
    DoesNotFit,
}

/// Checks master keys against the store before the server starts on it.
///
/// # Errors
/// When the store fails.
pub async fn check_master_key(
    store: &dyn Store,
    vault: Option<&dyn Vault>,
) -> Result<MasterKeyCheck> {
    let mut check = MasterKeyCheck::Empty;
    for name in [PRESENT, SIGNING_KEY] {
        let Some(secret) = find::<Secret>(store, name).await? else {
            continue;
        };
        let opens = vault.is_some_and(|vault| vault.open(name, secret.sealed.reveal()).is_ok());
        if !opens {
            return Ok(MasterKeyCheck::DoesNotFit);
        }
        check = MasterKeyCheck::Fits;
    }
    Ok(check)
}
