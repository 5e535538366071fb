//! Sealing a value so that no change of keys leaves it behind.

use super::PRESENT;
use switchboard_domain::{
    Error, Result,
    nouns::{Hidden, Secret},
    ports::{Key, Store, Vault, Write, find},
};

/// Sealing under the key that seals at present. What is sealed is stored by a write that has the guard
/// of this value; if another key took over meanwhile, the write is refused, and all of it is to be done
/// anew. `retry::optimistic` does that.
pub struct Sealing<'a> {
    vault: &'a dyn Vault,
    key: String,
    /// What the store says, if it says something already.
    present: Option<Secret>,
}

impl<'a> Sealing<'a> {
    /// Asks the store which key seals.
    ///
    /// # Errors
    /// When the store fails, or this server does not have the key.
    pub async fn begin(store: &dyn Store, vault: &'a dyn Vault) -> Result<Self> {
        let present = find::<Secret>(store, PRESENT).await?;
        let key = match &present {
            Some(secret) => key_of(secret, vault)?,
            None => vault.newest(),
        };
        if !vault.knows(&key) {
            return Err(Error::Internal(format!(
                "the store is sealed under the master key {key}, which this server does not have: give \
                 it that key, too, and start it anew"
            )));
        }
        Ok(Self {
            vault,
            key,
            present,
        })
    }

    /// The id of the key that seals.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Seals a value under this name.
    ///
    /// # Errors
    /// When the cipher refuses.
    pub fn seal(&self, name: &str, plain: &[u8]) -> Result<Hidden> {
        self.vault
            .seal_under(&self.key, name, plain)
            .map(Hidden::new)
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// The write, to be refused if another key took over.
    ///
    /// # Errors
    /// When the cipher refuses.
    pub fn guard(&self, write: Write) -> Result<Write> {
        match &self.present {
            Some(present) => Ok(write.unchanged(present.clone())),
            None => Ok(write
                .absent(Key::of::<Secret>(PRESENT))
                .put(self.says(&self.key)?)),
        }
    }

    /// What makes the key with this id the one that seals.
    ///
    /// # Errors
    /// When the key is not known.
    pub(super) fn taken_over_by(&self, key: &str) -> Result<Write> {
        let write = match &self.present {
            Some(present) => Write::new().unchanged(present.clone()),
            None => Write::new().absent(Key::of::<Secret>(PRESENT)),
        };
        Ok(write.put(self.says(key)?))
    }

    /// The secret that says that this key seals.
    fn says(&self, key: &str) -> Result<Secret> {
        let sealed = self.vault.seal_under(key, PRESENT, b"this key seals");
        let sealed = sealed.map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Secret {
            id: PRESENT.to_owned(),
            sealed: Hidden::new(sealed),
        })
    }
}

/// The id of the key that seals, if the store says so.
///
/// # Errors
/// When the store fails.
pub async fn sealing_key(store: &dyn Store, vault: &dyn Vault) -> Result<Option<String>> {
    let present = find::<Secret>(store, PRESENT).await?;
    present.map(|secret| key_of(&secret, vault)).transpose()
}

fn key_of(present: &Secret, vault: &dyn Vault) -> Result<String> {
    vault
        .key_of(present.sealed.reveal())
        .ok_or_else(|| Error::Internal("the store does not say which master key seals".to_owned()))
}
