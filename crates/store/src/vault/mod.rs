//! Sealing what lies in the store, under master keys.
//!
//! Each value is sealed with a key of its own, which lies beside it, sealed with a master key. So a
//! master key seals nothing but short random keys, each text names the master key that opens it, and
//! another master key can take over without the value being opened.

mod key;
mod ring;

#[cfg(test)]
mod tests;

pub use key::{BadMasterKey, MasterKey};
pub use ring::KeySource;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use key::KEY;
use ring::Ring;
use secrecy::{ExposeSecret, SecretSlice, zeroize::Zeroizing};
use std::sync::Arc;
use switchboard_domain::ports::{Random, Vault, VaultError};

/// The form of the sealed texts. A later form has another name, and is then told apart by it.
const VERSION: &str = "v1";
const NONCE: usize = 24;

/// The vault: XChaCha20-Poly1305 under master keys.
///
/// A sealed text is `v1.<key>.<sealed data key>.<sealed value>`: the id of the master key, then in
/// Base64 the two boxes, each a nonce and what was sealed with it. Both are bound to the version and
/// to the name.
pub struct AeadVault {
    keys: Ring,
    random: Arc<dyn Random>,
}

impl AeadVault {
    /// A vault under this key alone.
    pub fn new(master: MasterKey, random: Arc<dyn Random>) -> Self {
        Self {
            keys: Ring::of(vec![master], None),
            random,
        }
    }

    /// A vault under the keys that are read from here now, and again whenever one is needed that was
    /// not among them; none if there is no key.
    pub fn from_source(source: Box<dyn KeySource>, random: Arc<dyn Random>) -> Option<Self> {
        let keys = source.read();
        (!keys.is_empty()).then(|| Self {
            keys: Ring::of(keys, Some(source)),
            random,
        })
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

    /// Seals a data key under the master key with this id.
    fn wrap(&self, key: &str, name: &str, data_key: &[u8; KEY]) -> Result<String, VaultError> {
        let master = self.keys.find(key).ok_or(VaultError)?;
        self.seal_box(master.bytes.expose_secret(), &bound("key", name), data_key)
    }

    /// The data key of a sealed text.
    fn unwrap(&self, name: &str, sealed: &Sealed) -> Result<Zeroizing<[u8; KEY]>, VaultError> {
        let master = self.keys.find(sealed.key).ok_or(VaultError)?;
        let master = master.bytes.expose_secret();
        let data_key = open_box(master, &bound("key", name), sealed.data_key)?;
        let data_key = <[u8; KEY]>::try_from(data_key.as_slice()).map_err(|_| VaultError)?;
        Ok(Zeroizing::new(data_key))
    }
}

impl Vault for AeadVault {
    fn newest(&self) -> String {
        self.keys.newest()
    }

    fn knows(&self, key: &str) -> bool {
        self.keys.find(key).is_some()
    }

    fn key_of(&self, sealed: &str) -> Option<String> {
        Some(Sealed::read(sealed).ok()?.key.to_owned())
    }

    fn seal_under(&self, key: &str, name: &str, plain: &[u8]) -> Result<String, VaultError> {
        let mut data_key = Zeroizing::new([0; KEY]);
        self.random.fill(&mut *data_key);
        let wrapped = self.wrap(key, name, &data_key)?;
        let value = self.seal_box(&data_key, &bound("value", name), plain)?;
        Ok(format!("{VERSION}.{key}.{wrapped}.{value}"))
    }

    fn open(&self, name: &str, sealed: &str) -> Result<SecretSlice<u8>, VaultError> {
        let sealed = Sealed::read(sealed)?;
        let data_key = self.unwrap(name, &sealed)?;
        let plain = open_box(&data_key, &bound("value", name), sealed.value)?;
        Ok(plain.to_vec().into())
    }

    fn reseal(&self, key: &str, name: &str, sealed: &str) -> Result<Option<String>, VaultError> {
        let sealed = Sealed::read(sealed)?;
        if sealed.key == key {
            return Ok(None);
        }
        let data_key = self.unwrap(name, &sealed)?;
        let wrapped = self.wrap(key, name, &data_key)?;
        Ok(Some(format!("{VERSION}.{key}.{wrapped}.{}", sealed.value)))
    }
}

/// A sealed text in its parts.
struct Sealed<'a> {
    key: &'a str,
    data_key: &'a str,
    value: &'a str,
}

impl<'a> Sealed<'a> {
    fn read(text: &'a str) -> Result<Self, VaultError> {
        let parts: Vec<&str> = text.split('.').collect();
        match parts[..] {
            [VERSION, key, data_key, value] => Ok(Self {
                key,
                data_key,
                value,
            }),
            _ => Err(VaultError),
        }
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
