//! The master keys, under which what is secret in the store is sealed: from a variable, else from a
//! file in the data folder. Only an empty store makes one.

mod file;

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use switchboard_core::keys::{MasterKeyCheck, check_master_key};
use switchboard_domain::ports::{Random, Store, Vault};
use switchboard_store::{AeadVault, KeySource, MasterKey};

pub use file::KeyFile;

use crate::{commands::Failure, config::Config};

/// The most keys that are kept at the same time.
const MOST: usize = 16;

/// Reads keys: one, or several divided by white space or commas.
pub fn parse(text: &SecretString) -> Option<Vec<MasterKey>> {
    let divides = |c: char| c.is_whitespace() || c == ',';
    let keys = text.expose_secret().split(divides);
    let keys = keys
        .filter(|key| !key.is_empty())
        .map(|key| MasterKey::parse(&key.into()).ok())
        .collect::<Option<Vec<_>>>()?;
    (1..=MOST).contains(&keys.len()).then_some(keys)
}

/// Where the keys of a server come from.
pub enum Keys {
    /// From the variable.
    Given(Vec<MasterKey>),
    /// From the file.
    File(KeyFile),
}

impl Keys {
    /// As the settings say.
    pub fn of(config: &Config) -> Self {
        let given = &config.special.master_keys;
        if given.is_empty() {
            Self::File(KeyFile::in_folder(&config.data))
        } else {
            Self::Given(given.clone())
        }
    }

    /// The keys, the newest first; none if there is no file yet.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn read(&self) -> Result<Vec<MasterKey>, Failure> {
        match self {
            Self::Given(keys) => Ok(keys.clone()),
            Self::File(file) => file.read(),
        }
    }

    /// The vault under these keys, checked against the store; none if there is no key, and the store
    /// needs none yet.
    ///
    /// # Errors
    /// When the keys do not fit the store, or the file cannot be used.
    pub async fn vault(
        &self,
        store: &dyn Store,
        random: &Arc<dyn Random>,
    ) -> Result<Option<AeadVault>, Failure> {
        // What is wrong with the file is told here, and only logged when it is read again.
        self.read()?;
        let source: Box<dyn KeySource> = match self {
            Self::Given(keys) => Box::new(Given(keys.clone())),
            Self::File(file) => Box::new(file.clone()),
        };
        let vault = AeadVault::from_source(source, Arc::clone(random));
        let given = vault.as_ref().map(|vault| -> &dyn Vault { vault });
        let check = check_master_key(store, given)
            .await
            .map_err(Failure::of_store)?;
        match check {
            MasterKeyCheck::DoesNotFit => Err(self.do_not_fit(vault.is_some())),
            MasterKeyCheck::Empty | MasterKeyCheck::Fits => Ok(vault),
        }
    }

    fn do_not_fit(&self, given: bool) -> Failure {
        let what = if given {
            "the master key does not open the keys in this store"
        } else {
            "this store needs its master key, and there is none"
        };
        let hint = match self {
            Self::Given(_) => {
                "set SWITCHBOARD_MASTER_KEY to the key that this store was started with, or to several"
                    .to_owned()
            }
            Self::File(file) => format!(
                "set SWITCHBOARD_MASTER_KEY, or put the key that this store was started with at {}",
                file.path.display()
            ),
        };
        Failure::Other {
            what: what.into(),
            hint: Some(hint),
        }
    }
}

/// Keys that do not change while the process lives.
struct Given(Vec<MasterKey>);

impl KeySource for Given {
    fn read(&self) -> Vec<MasterKey> {
        self.0.clone()
    }
}

/// The vault of a server. The first start on an empty store makes a key.
///
/// # Errors
/// When there is no key for a store that needs one, the keys do not fit the store, or the file cannot
/// be read or may be read by others.
pub async fn open_vault(
    config: &Config,
    store: &dyn Store,
    random: &Arc<dyn Random>,
) -> Result<Arc<dyn Vault>, Failure> {
    let keys = Keys::of(config);
    if let Some(vault) = keys.vault(store, random).await? {
        return Ok(Arc::new(vault));
    }
    if let Keys::File(file) = &keys {
        file.write(&[MasterKey::generate(&**random)])?;
    }
    let vault = keys.vault(store, random).await?;
    let vault = vault.ok_or_else(|| keys.do_not_fit(false))?;
    Ok(Arc::new(vault))
}
