//! Sealing what lies in the store.

use secrecy::SecretSlice;

/// Seals the server's own keys, and what users keep secret, under master keys.
///
/// There may be several: one was made after the other, and until nothing is left that the earlier ones
/// sealed, all are needed. Keys are called by ids, which tell nothing about them. A key that is not
/// known is looked for once more where keys come from, so a server learns of a new one while it runs.
pub trait Vault: Send + Sync {
    /// The id of the newest key.
    fn newest(&self) -> String;

    /// Whether the key with this id is known.
    fn knows(&self, key: &str) -> bool;

    /// The id of the key that a sealed text needs; none if the text was not made by a vault.
    fn key_of(&self, sealed: &str) -> Option<String>;

    /// Seals `plain` under the key with this id. The `name` is bound into the seal: opened under
    /// another name it fails.
    ///
    /// # Errors
    /// [`VaultError`] when the key is not known, or the cipher refuses, which means a value of absurd
    /// size.
    fn seal_under(&self, key: &str, name: &str, plain: &[u8]) -> Result<String, VaultError>;

    /// Opens what [`Vault::seal_under`] made.
    ///
    /// # Errors
    /// [`VaultError`] when the master key is not known, the name is another one, or the sealed text
    /// was changed. Which of these it was is not told apart.
    fn open(&self, name: &str, sealed: &str) -> Result<SecretSlice<u8>, VaultError>;

    /// The same value under the key with this id; none if it is under that key already. The value
    /// itself is not opened.
    ///
    /// # Errors
    /// [`VaultError`] as for [`Vault::open`], or when the key with this id is not known.
    fn reseal(&self, key: &str, name: &str, sealed: &str) -> Result<Option<String>, VaultError>;
}

/// A seal that could not be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value cannot be opened with this master key")]
pub struct VaultError;
