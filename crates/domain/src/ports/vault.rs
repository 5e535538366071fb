//! Sealing what lies in the store.

use secrecy::SecretSlice;

/// Seals the server's own keys under the master key.
pub trait Vault: Send + Sync {
    /// Seals `plain`. The `name` is bound into the seal: opened under another name it fails.
    ///
    /// # Errors
    /// [`VaultError`] when the cipher refuses, which means a value of absurd size.
    fn seal(&self, name: &str, plain: &[u8]) -> Result<String, VaultError>;

    /// Opens what [`Vault::seal`] made.
    ///
    /// # Errors
    /// [`VaultError`] when the master key is another one, the name is another one, or the sealed
    /// text was changed. Which of these it was is not told apart.
    fn open(&self, name: &str, sealed: &str) -> Result<SecretSlice<u8>, VaultError>;
}

/// A seal that could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value cannot be opened with this master key")]
pub struct VaultError;
