//! Secrets in addresses.

use sha2::{Digest, Sha256};

/// Whether two secrets are the same. How long it takes does not tell how much of them is.
pub(super) fn is_same(given: &str, wanted: &str) -> bool {
    !wanted.is_empty() && Sha256::digest(given) == Sha256::digest(wanted)
}
