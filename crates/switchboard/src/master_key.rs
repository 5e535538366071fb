//! The master key, under which the store's own keys are sealed: from a variable, else from a file in
//! the data folder. Only an empty store makes one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use secrecy::{ExposeSecret as _, SecretString};
use switchboard_core::identity::{MasterKeyCheck, check_master_key};
use switchboard_domain::ports::{Random, Store, Vault};
use switchboard_store::{AeadVault, MasterKey};

use crate::{commands::Failure, config::Config};

const FILE: &str = "master.key";

/// The vault under the master key of this store.
///
/// # Errors
/// When there is no key for a store that needs one, the key does not fit the store, or the file
/// cannot be read or may be read by others.
pub async fn open_vault(
    config: &Config,
    store: &dyn Store,
    random: &Arc<dyn Random>,
) -> Result<Arc<dyn Vault>, Failure> {
    let path = config.data.join(FILE);
    let given = match &config.special.master_key {
        Some(key) => Some(MasterKey::new(*key.expose_secret())),
        None => read(&path)?,
    };
    let vault =
        |key: MasterKey| -> Arc<dyn Vault> { Arc::new(AeadVault::new(key, Arc::clone(random))) };
    let given = given.map(vault);
    let check = check_master_key(store, given.as_deref())
        .await
        .map_err(Failure::of_store)?;
    match (check, given) {
        (MasterKeyCheck::DoesNotFit, given) => Err(does_not_fit(&path, given.is_some())),
        (_, Some(vault)) => Ok(vault),
        (_, None) => {
            let key = MasterKey::generate(&**random);
            write(&path, &key).map_err(|error| cannot_use(&path, &error))?;
            Ok(vault(key))
        }
    }
}

fn read(path: &Path) -> Result<Option<MasterKey>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => SecretString::from(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot_use(path, &error)),
    };
    let mode = fs::metadata(path)
        .map_err(|error| cannot_use(path, &error))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(Failure::Other {
            what: format!("{} may be read by others", path.display()),
            hint: Some(format!("chmod 600 {}", path.display())),
        });
    }
    let key = MasterKey::parse(&text).map_err(|_| Failure::Other {
        what: format!("{} holds no key", path.display()),
        hint: Some("put the file back from a backup; it holds 32 bytes in base64".into()),
    })?;
    Ok(Some(key))
}

/// Writes the file so that a crash leaves it whole or absent.
fn write(path: &Path, key: &MasterKey) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)?;
    file.write_all(key.to_text().expose_secret().as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn cannot_use(path: &Path, error: &io::Error) -> Failure {
    Failure::Other {
        what: format!("cannot use {}: {error}", path.display()),
        hint: None,
    }
}

fn does_not_fit(path: &Path, given: bool) -> Failure {
    let what = if given {
        "the master key does not open the keys in this store"
    } else {
        "this store needs its master key, and there is none"
    };
    let hint = format!(
        "set SWITCHBOARD_MASTER_KEY, or put the key that this store was started with at {}",
        path.display()
    );
    Failure::Other {
        what: what.into(),
        hint: Some(hint),
    }
}
