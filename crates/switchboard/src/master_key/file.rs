//! The file of the master keys: one a line in Base64, the newest first, for the owner only.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use switchboard_store::{KeySource, MasterKey};

use crate::commands::Failure;

/// The file.
#[derive(Debug, Clone)]
pub struct KeyFile {
    pub path: PathBuf,
}

/// Held while keys are changed: as long as it lives, nobody else changes them.
pub struct ChangingKeys {
    _lock: File,
}

impl KeyFile {
    /// The file in the data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self {
            path: data.join("master.key"),
        }
    }

    /// The keys; none if there is no file.
    ///
    /// # Errors
    /// When it cannot be read, may be read by others, or holds something else.
    pub fn read(&self) -> Result<Vec<MasterKey>, Failure> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.cannot_use(&error)),
        };
        let about = fs::metadata(&self.path).map_err(|error| self.cannot_use(&error))?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(Failure::Other {
                what: format!("{} may be read by others", self.path.display()),
                hint: Some(format!("chmod 600 {}", self.path.display())),
            });
        }
        super::parse(&text).ok_or_else(|| Failure::Other {
            what: format!("{} holds no key", self.path.display()),
            hint: Some(
                "put the file back from a backup; each line holds 32 bytes in base64".into(),
            ),
        })
    }

    /// Writes these keys so that a crash leaves the file as it was or as it is to be.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, keys: &[MasterKey]) -> Result<(), Failure> {
        self.replace(keys).map_err(|error| self.cannot_use(&error))
    }

    fn replace(&self, keys: &[MasterKey]) -> io::Result<()> {
        let part = self.path.with_extension("part");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        for key in keys {
            file.write_all(key.to_text().expose_secret().as_bytes())?;
            file.write_all(b"\n")?;
        }
        file.sync_all()?;
        fs::rename(&part, &self.path)?;
        self.path
            .parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Keeps everybody else from changing the keys.
    ///
    /// # Errors
    /// When somebody does at this moment.
    pub fn change(&self) -> Result<ChangingKeys, Failure> {
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.path.with_extension("lock"))
            .map_err(|error| self.cannot_use(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(ChangingKeys { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::Other {
                what: "another command is changing the master keys".into(),
                hint: Some("wait until it is done".into()),
            }),
            Err(TryLockError::Error(error)) => Err(self.cannot_use(&error)),
        }
    }

    fn cannot_use(&self, error: &io::Error) -> Failure {
        Failure::Other {
            what: format!("cannot use {}: {error}", self.path.display()),
            hint: None,
        }
    }
}

impl KeySource for KeyFile {
    fn read(&self) -> Vec<MasterKey> {
        self.read().unwrap_or_else(|failure| {
            tracing::error!(target: "switchboard::keys", %failure, "the master keys cannot be read anew");
            Vec::new()
        })
    }
}
