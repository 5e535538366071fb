//! Sealing what lies in the store, under the master key.
//!
//! Each value is sealed with a key of its own, which lies beside it, sealed with the master key. So
//! the master key seals nothing but short random keys, and each text names the key that opens it.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use secrecy::{
    ExposeSecret, SecretBox, SecretSlice, SecretString,
    zeroize::{Zeroize, Zeroizing},
};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc};
use switchboard_domain::ports::{Random, Vault, VaultError};

/// The form of the sealed texts. A later form has another name, and is then told apart by it.
const VERSION: &str = "v1";
const KEY: usize = 32;
const NONCE: usize = 24;
/// How many bytes of a key's hash name it.
const ID: usize = 8;

/// The key that opens everything. It is printed nowhere.
pub struct MasterKey {
    bytes: SecretBox<[u8; KEY]>,
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

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// The vault: XChaCha20-Poly1305 under a master key.
///
/// A sealed text is `v1.<key>.<sealed data key>.<sealed value>`: the id of the master key, then in
/// Base64 the two boxes, each a nonce and what was sealed with it. Both are bound to the version and
/// to the name.
pub struct AeadVault {
    master: MasterKey,
    random: Arc<dyn Random>,
}

impl AeadVault {
    /// A vault under this key.
    pub fn new(master: MasterKey, random: Arc<dyn Random>) -> Self {
        Self { master, random }
    }

    fn seal_box(&self, key: &[u8; KEY], bound: &str, plain: &[u8]) -> Result<String, VaultError> {
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: bound.as_bytes(),
        };
        let cipher = XChaCha20Poly1305::new(key.into());
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError)?;
        Ok(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }
}

impl Vault for AeadVault {
    fn seal(&self, name: &str, plain: &[u8]) -> Result<String, VaultError> {
        let mut key = Zeroizing::new([0; KEY]);
        self.random.fill(&mut *key);
        let wrapped = self.seal_box(
            self.master.bytes.expose_secret(),
            &bound("key", name),
            &*key,
        )?;
        let sealed = self.seal_box(&key, &bound("value", name), plain)?;
        Ok(format!("{VERSION}.{}.{wrapped}.{sealed}", self.master.id))
    }

    fn open(&self, name: &str, sealed: &str) -> Result<SecretSlice<u8>, VaultError> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(id), Some(wrapped), Some(sealed), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(VaultError);
        };
        if id != self.master.id {
            return Err(VaultError);
        }
        let key = open_box(
            self.master.bytes.expose_secret(),
            &bound("key", name),
            wrapped,
        )?;
        let key = <&[u8; KEY]>::try_from(key.as_slice()).map_err(|_| VaultError)?;
        let plain = open_box(key, &bound("value", name), sealed)?;
        Ok(plain.to_vec().into())
    }
}

/// What a box is bound to: it opens for the same use and name only.
fn bound(part: &str, name: &str) -> String {
    format!("switchboard {VERSION} {part} {name}")
}

fn open_box(key: &[u8; KEY], bound: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let bytes = BASE64.decode(sealed).map_err(|_| VaultError)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(VaultError)?;
    let payload = Payload {
        msg: sealed,
        aad: bound.as_bytes(),
    };
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| VaultError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_testkit::random::TestRandom;

    fn vault(seed: u64) -> AeadVault {
        let random = Arc::new(TestRandom::seeded(seed));
        AeadVault::new(MasterKey::generate(&*random), random)
    }

    #[test]
    fn opens_what_it_sealed() {
        let vault = vault(1);
        for plain in [b"".as_slice(), b"secret", &vec![0; 100_000]] {
            let sealed = vault.seal("jwt", plain).unwrap();
            assert_eq!(vault.open("jwt", &sealed).unwrap().expose_secret(), plain);
            assert!(
                sealed.starts_with(&format!("v1.{}.", vault.master.id())),
                "{sealed}"
            );
        }
        assert_ne!(
            vault.seal("jwt", b"same").unwrap(),
            vault.seal("jwt", b"same").unwrap()
        );
    }

    #[test]
    fn another_name_or_key_does_not_open() {
        let sealed = vault(1).seal("jwt", b"secret").unwrap();
        assert!(vault(1).open("jwt", &sealed).is_ok());
        assert_eq!(vault(1).open("other", &sealed).err(), Some(VaultError));
        assert_eq!(vault(2).open("jwt", &sealed).err(), Some(VaultError));
        // Not even when the text claims to be of the other key.
        let claimed = sealed.replace(vault(1).master.id(), vault(2).master.id());
        assert_eq!(vault(2).open("jwt", &claimed).err(), Some(VaultError));
    }

    #[test]
    fn any_change_is_noticed() {
        let vault = vault(1);
        let sealed = vault.seal("jwt", b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(vault.open("jwt", &changed).is_err(), "changed at {at}");
            assert!(vault.open("jwt", &sealed[..at]).is_err(), "cut at {at}");
        }
        assert!(vault.open("jwt", &format!("{sealed}.")).is_err());
        // A value under one data key does not open under another of the same name.
        let other = vault.seal("jwt", b"other").unwrap();
        let parts = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (one, two) = (parts(&sealed), parts(&other));
        assert!(
            vault
                .open("jwt", &[&one[..3], &two[3..]].concat().join("."))
                .is_err()
        );
    }

    #[test]
    fn keys_survive_their_text_and_are_not_printed() {
        let key = MasterKey::generate(&TestRandom::seeded(7));
        let text = key.to_text();
        let read = MasterKey::parse(&format!(" {}\n", text.expose_secret()).into()).unwrap();
        assert_eq!(read.bytes.expose_secret(), key.bytes.expose_secret());
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
        for bad in ["", "AAAA", "not base64!", &"A".repeat(100)] {
            assert!(MasterKey::parse(&bad.into()).is_err(), "{bad}");
        }
    }
}
