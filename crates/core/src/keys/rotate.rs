//! Another master key takes over.

use super::Sealing;
use crate::retry::optimistic;
use futures::future::try_join_all;
use std::collections::BTreeMap;
use switchboard_domain::{
    Error, Result,
    nouns::Hidden,
    ports::{Query, Record, Store, Vault, Write, WriteError},
};

/// How many records one step handles.
const SLICE: usize = 100;

/// How many values each key sealed, by its id.
pub type Seals = BTreeMap<String, usize>;

/// Lets this key seal from now on, and seals under it what is stored. Values are not opened. It may
/// run beside servers, may be cut off at any moment, and then be done anew. Tells how many values were
/// sealed anew; when it returns, none is left that another key sealed, and none will come.
///
/// # Errors
/// When the store fails, or a value is sealed under a key that is not known.
pub async fn rotate_to(store: &dyn Store, vault: &dyn Vault, key: &str) -> Result<usize> {
    optimistic(store, async || {
        let sealing = Sealing::begin(store, vault).await?;
        let is_done = sealing.key() == key && super::sealing_key(store, vault).await?.is_some();
        let write = if is_done {
            Write::new()
        } else {
            sealing.taken_over_by(key)?
        };
        Ok(((), write))
    })
    .await?;
    let mut total = 0;
    loop {
        let (found, resealed) = pass(store, vault, key).await?;
        total += resealed;
        if found == 0 {
            return Ok(total);
        }
    }
}

/// How many values each key sealed.
///
/// # Errors
/// When the store fails.
pub async fn count_seals(store: &dyn Store, vault: &dyn Vault) -> Result<Seals> {
    let mut seals = Seals::new();
    let mut after = None;
    loop {
        let limit = SLICE;
        let records = store.list(&Query::Sealed { after, limit }).await?;
        let Some(last) = records.last() else {
            return Ok(seals);
        };
        after = Some(last.key());
        for (_, sealed) in records.iter().filter_map(Record::sealed) {
            let key = vault.key_of(sealed.reveal()).unwrap_or_default();
            *seals.entry(key).or_default() += 1;
        }
    }
}

/// Looks at all that is sealed. Tells how many values another key had sealed, and how many of them are
/// sealed anew; the others were changed meanwhile.
async fn pass(store: &dyn Store, vault: &dyn Vault, key: &str) -> Result<(usize, usize)> {
    let (mut found, mut resealed) = (0, 0);
    let mut after = None;
    loop {
        let limit = SLICE;
        let records = store.list(&Query::Sealed { after, limit }).await?;
        let Some(last) = records.last() else {
            return Ok((found, resealed));
        };
        after = Some(last.key());
        let writes = records
            .into_iter()
            .filter_map(|record| reseal(vault, key, record).transpose())
            .collect::<Result<Vec<Write>>>()?;
        found += writes.len();
        let done = try_join_all(writes.into_iter().map(|write| commit(store, write))).await?;
        resealed += done.into_iter().filter(|done| *done).count();
    }
}

/// The write that seals the value of a record under this key, if another one did.
fn reseal(vault: &dyn Vault, key: &str, record: Record) -> Result<Option<Write>> {
    let Some((name, sealed)) = record.sealed() else {
        return Ok(None);
    };
    let resealed = vault.reseal(key, &name, sealed.reveal()).map_err(|_| {
        let other = vault.key_of(sealed.reveal()).unwrap_or_default();
        Error::Internal(format!(
            "`{name}` is sealed under the master key {other}, which is not at hand"
        ))
    })?;
    Ok(resealed.map(|resealed| {
        let write = Write::new().unchanged(record.clone());
        write.put(record.with_sealed(Hidden::new(resealed)))
    }))
}

/// Whether it was stored; not if the record was changed meanwhile.
async fn commit(store: &dyn Store, write: Write) -> Result<bool> {
    match store.commit(write).await {
        Ok(_) => Ok(true),
        Err(WriteError::Refused(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
