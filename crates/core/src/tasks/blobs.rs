//! Contents that several artifacts may share, and their end.
//!
//! A content is counted before it is put in place, and nobody takes up one that is being removed: so
//! what an artifact refers to is there, and what none refers to is found and removed.

use crate::app::Switchboard;
use switchboard_domain::{
    Error, Result,
    nouns::{Artifact, Blob},
    ports::{ArtifactError, Change, Incoming, Key, Query, Write, WriteError, find, list},
};

/// How often it is looked for contents that nobody uses, in seconds.
const SWEEP_S: i64 = 60;
/// How many contents are looked at at once.
const SLICE: usize = 100;
/// How often a content is waited for that is just being removed.
const TRIES: usize = 50;
/// How long each time, in microseconds.
const PAUSE: i64 = 100_000;

/// Puts a content that is whole in place, and gives its record as it is before one more uses it.
///
/// # Errors
/// [`Error::Unavailable`] when the content is being removed for too long.
pub async fn place(
    app: &Switchboard,
    incoming: &mut dyn Incoming,
    hash: &str,
    size: i64,
) -> Result<Blob> {
    for _ in 0..TRIES {
        match find::<Blob>(&*app.ports.store, hash).await? {
            Some(blob) if blob.is_going => {
                let soon = app.ports.now().plus_micros(PAUSE);
                app.ports.clock.sleep_until(soon).await;
            }
            // Somebody uses it, so it is there.
            Some(blob) if blob.used > 0 => return Ok(blob),
            Some(blob) => {
                incoming.keep(hash).await.map_err(gone)?;
                return Ok(blob);
            }
            None => {
                let blob = Blob {
                    id: hash.to_owned(),
                    size,
                    used: 0,
                    is_going: false,
                };
                let write = Write::new().absent(Key::of::<Blob>(hash)).put(blob);
                match app.ports.store.commit(write).await {
                    Ok(_) | Err(WriteError::Refused(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Err(Error::Unavailable)
}

/// It was put in place before, and removed since: the client has to send it again.
fn gone(error: ArtifactError) -> Error {
    if error == ArtifactError::Missing {
        return Error::Unavailable;
    }
    error.into()
}

/// Adds to a write that an artifact uses this content.
pub fn used(write: Write, artifact: &Artifact, blob: &Blob) -> Write {
    let more = Blob {
        used: blob.used + 1,
        ..blob.clone()
    };
    write
        .unchanged(blob.clone())
        .put(more)
        .put(artifact.clone())
}

/// Removes an artifact, and counts that its content is used no more by it.
///
/// # Errors
/// When the store fails.
pub async fn remove(app: &Switchboard, artifact: &Artifact) -> Result<()> {
    let build = || async move {
        let blob: Option<Blob> = find(&*app.ports.store, artifact.hash.as_str()).await?;
        let key = Key::of::<Artifact>(artifact.id.key());
        let mut write = Write::new().change(Change::Remove(key));
        if let Some(blob) = blob {
            let less = Blob {
                used: (blob.used - 1).max(0),
                ..blob.clone()
            };
            write = write.unchanged(blob).unchanged(artifact.clone()).put(less);
        }
        Ok(((), write))
    };
    crate::retry::optimistic(&*app.ports.store, build).await?;
    Ok(())
}

/// Removes the contents that nobody uses, then sleeps until there may be others.
///
/// # Errors
/// When a store fails.
pub async fn sweep(app: &Switchboard) -> Result<()> {
    let rung = app.unused_blobs.notified();
    let query = Query::UnusedBlobs { limit: SLICE };
    let blobs: Vec<Blob> = list(&*app.ports.store, &query).await?;
    for blob in &blobs {
        remove_content(app, blob).await?;
    }
    if blobs.len() < SLICE {
        let next = app.ports.now().plus_seconds(SWEEP_S);
        tokio::select! {
            biased;
            () = rung => {}
            () = app.ports.clock.sleep_until(next) => {}
        }
    }
    Ok(())
}

async fn remove_content(app: &Switchboard, blob: &Blob) -> Result<()> {
    let Some(artifacts) = &app.artifacts else {
        return Ok(());
    };
    let going = Blob {
        is_going: true,
        ..blob.clone()
    };
    if !blob.is_going {
        let write = Write::new().unchanged(blob.clone()).put(going.clone());
        match app.ports.store.commit(write).await {
            Ok(_) => {}
            // Somebody uses it again.
            Err(WriteError::Refused(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    artifacts.remove(&blob.id).await?;
    let key = Key::of::<Blob>(blob.id.as_str());
    let write = Write::new().unchanged(going).change(Change::Remove(key));
    match app.ports.store.commit(write).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
