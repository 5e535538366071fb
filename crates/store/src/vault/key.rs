//! The master key: bytes, text, and the id by which it is called.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use secrecy::{
    ExposeSecret, SecretBox, SecretString,
    zeroize::{Zeroize, Zeroizing},
};
use sha2::{Digest, Sha256};
use std::fmt;
use switchboard_domain::ports::Random;

/// How many bytes a key has.
pub(super) const KEY: usize = 32;
/// How many bytes of a key's hash name it.
const ID: usize = 8;

/// The key that opens everything. It is printed nowhere.
pub struct MasterKey {
    pub(super) bytes: SecretBox<[u8; KEY]>,
    id: String,
}

/// A text that is no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key has 32 bytes in Base64 (44 characters)")]
pub struct BadMasterKey;

impl MasterKey {
    /// The key of these bytes, which must be random.
    pub fn new(mut bytes: [u8; KEY]) -> Self {
        let hash = Sha256::new()
            .chain_update(b"switchboard master key")
            .chain_update(bytes)
            .finalize();
        let id = hash
            .iter()
            .take(ID)
            .fold(String::new(), |id, byte| format!("{id}{byte:02x}"));
        let key = Self {
            bytes: SecretBox::new(Box::new(bytes)),
            id,
        };
        bytes.zeroize();
        key
    }

    /// A new key.
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; KEY]);
        random.fill(&mut *bytes);
        Self::new(*bytes)
    }

    /// Reads a key as [`MasterKey::to_text`] writes it. White space around it does not matter.
    ///
    /// # Errors
    /// When it is not the Base64 of 32 bytes.
    pub fn parse(text: &SecretString) -> Result<Self, BadMasterKey> {
        let text = text.expose_secret().trim().trim_end_matches('=');
        let bytes = Zeroizing::new(BASE64.decode(text).map_err(|_| BadMasterKey)?);
        let bytes: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| BadMasterKey)?;
        Ok(Self::new(bytes))
    }

    /// The key as text, for the one file that keeps it.
    pub fn to_text(&self) -> SecretString {
        format!("{}=", BASE64.encode(self.bytes.expose_secret())).into()
    }

    /// What the key is called in sealed texts. It tells nothing about the key.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Clone for MasterKey {
    fn clone(&self) -> Self {
        Self {
            bytes: SecretBox::new(Box::new(*self.bytes.expose_secret())),
            id: self.id.clone(),
        }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}
