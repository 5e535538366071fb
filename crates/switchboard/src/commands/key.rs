//! `key`.

use std::{io::Write, sync::Arc};

use switchboard_core::{Ports, keys};
use switchboard_domain::ports::Vault as _;
use switchboard_store::{AeadVault, MasterKey};

use super::Failure;
use crate::{
    cli::KeyCommand,
    config::Config,
    master_key::{KeyFile, Keys},
};

/// Shows the master keys, lets a new one take over, or drops those that are no longer needed. A server
/// may run beside it.
///
/// # Errors
/// Why it could not be done.
pub async fn run(
    ports: &Ports,
    config: &Config,
    command: KeyCommand,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let work = Work {
        ports,
        keys: Keys::of(config),
    };
    match command {
        KeyCommand::List => work.list(out).await,
        KeyCommand::Rotate => work.rotate(out).await,
        KeyCommand::Forget => work.forget(out).await,
    }
}

struct Work<'a> {
    ports: &'a Ports,
    keys: Keys,
}

impl Work<'_> {
    async fn vault(&self) -> Result<AeadVault, Failure> {
        let vault = self
            .keys
            .vault(&*self.ports.store, &self.ports.random)
            .await?;
        vault.ok_or_else(|| Failure::Other {
            what: "there is no master key yet".into(),
            hint: Some("the first start of the server makes it".into()),
        })
    }

    /// The id of the key that seals.
    async fn present(&self, vault: &AeadVault) -> Result<String, Failure> {
        let present = keys::sealing_key(&*self.ports.store, vault).await?;
        Ok(present.unwrap_or_else(|| vault.newest()))
    }

    async fn list(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let vault = self.vault().await?;
        let present = self.present(&vault).await?;
        let mut seals = keys::count_seals(&*self.ports.store, &vault).await?;
        writeln!(out, "{:<18} {:>8}  STATE", "KEY", "VALUES")?;
        for key in self.keys.read()? {
            let count = seals.remove(key.id()).unwrap_or_default();
            let state = match (key.id() == present, count) {
                (true, _) => "seals",
                (false, 0) => "is not needed",
                (false, _) => "is needed until the next `switchboard key rotate`",
            };
            writeln!(out, "{:<18} {count:>8}  {state}", key.id())?;
        }
        for (id, count) in seals {
            writeln!(out, "{id:<18} {count:>8}  is not at hand")?;
        }
        Ok(())
    }

    async fn rotate(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let (key, place) = match &self.keys {
            Keys::Given(_) => (
                self.next_of_variable().await?,
                "SWITCHBOARD_MASTER_KEY".to_owned(),
            ),
            Keys::File(file) => {
                let _changing = file.change()?;
                let key = self.next_of_file(file).await?;
                self.take_over(&key, out).await?;
                return Ok(writeln!(
                    out,
                    "{}",
                    advice(&file.path.display().to_string())
                )?);
            }
        };
        self.take_over(&key, out).await?;
        Ok(writeln!(out, "{}", advice(&place))?)
    }

    async fn take_over(&self, key: &str, out: &mut dyn Write) -> Result<(), Failure> {
        // With the keys as they are now, the new one among them.
        let vault = self.vault().await?;
        let count = keys::rotate_to(&*self.ports.store, &vault, key).await?;
        writeln!(
            out,
            "{key} seals now, and {count} values were sealed anew under it"
        )?;
        Ok(())
    }

    /// The first key of the variable, which must be another one than that which seals.
    async fn next_of_variable(&self) -> Result<String, Failure> {
        let vault = self.vault().await?;
        let newest = vault.newest();
        if newest != self.present(&vault).await? {
            return Ok(newest);
        }
        Err(Failure::Other {
            what: format!("the first key in SWITCHBOARD_MASTER_KEY, {newest}, seals already"),
            hint: Some(
                "put a new key before it, with a space between (`openssl rand -base64 32` makes one), \
                 and start the servers anew with it before you rotate"
                    .into(),
            ),
        })
    }

    /// A new key, which is in the file before anything is sealed under it. One that is there already,
    /// because the command was cut off before, is taken.
    async fn next_of_file(&self, file: &KeyFile) -> Result<String, Failure> {
        let vault = self.vault().await?;
        let present = self.present(&vault).await?;
        if vault.newest() != present {
            return Ok(vault.newest());
        }
        let mut all = file.read()?;
        let key = MasterKey::generate(&*Arc::clone(&self.ports.random));
        let id = key.id().to_owned();
        all.insert(0, key);
        file.write(&all)?;
        Ok(id)
    }

    async fn forget(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let changing = match &self.keys {
            Keys::Given(_) => None,
            Keys::File(file) => Some(file.change()?),
        };
        let vault = self.vault().await?;
        let present = self.present(&vault).await?;
        if vault.newest() != present {
            return Err(Failure::Other {
                what: format!(
                    "the newest key is {}, and {present} still seals",
                    vault.newest()
                ),
                hint: Some("run `switchboard key rotate` first".into()),
            });
        }
        // Sees to it that nothing else is needed, also when the last rotation was cut off.
        keys::rotate_to(&*self.ports.store, &vault, &present).await?;
        let mut kept = self.keys.read()?;
        let dropped: Vec<String> = kept.drain(1..).map(|key| key.id().to_owned()).collect();
        if dropped.is_empty() {
            writeln!(out, "{present} is the only key")?;
            return Ok(());
        }
        let dropped = dropped.join(", ");
        match &self.keys {
            Keys::File(file) => {
                file.write(&kept)?;
                writeln!(
                    out,
                    "forgot {dropped}; backups of the store from before need it still"
                )?;
            }
            Keys::Given(_) => writeln!(
                out,
                "nothing needs {dropped}: take it out of SWITCHBOARD_MASTER_KEY; backups of the store \
                 from before need it still"
            )?,
        }
        drop(changing);
        Ok(())
    }
}

/// What to do behind a rotation.
fn advice(place: &str) -> String {
    format!(
        "keep a copy of {place}: without it the store's secrets are lost; `switchboard key forget` drops \
         the earlier keys"
    )
}
