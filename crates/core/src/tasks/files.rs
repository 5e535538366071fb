//! The files of tasks: taken in, listed, and given out.

use super::{Pages, blobs, fetch, read};
use crate::app::{Switchboard, id_or_not_found};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    ids::{ArtifactId, TaskId},
    nouns::{Artifact, Blob, Event, NewArtifact, NewContent, Principal, Recorded, Task},
    ports::{Content, Incoming, Query, Write, WriteError, find, list},
    text::{hex, storable},
};

/// The longest name or path, in bytes.
const NAME_MAX: usize = 4096;
/// How often an upload is tried again because others were faster.
const TRIES: usize = 64;

/// How a file is named.
#[derive(Debug, Default)]
pub struct FileName {
    /// Its name.
    pub file_name: String,
    /// The folder in the agent's workspace.
    pub relative_path: Option<String>,
    /// Its type.
    pub content_type: Option<String>,
}

/// A file that comes in. Dropped before it is finished, it leaves nothing behind.
pub struct Upload {
    app: Arc<Switchboard>,
    incoming: Option<Box<dyn Incoming>>,
    hasher: Sha256,
    size: u64,
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut incoming) = self.incoming.take() {
            self.app
                .tasks
                .spawn(async move { incoming.discard().await });
        }
    }
}

/// Begins to take in a file for a task of the caller's.
///
/// # Errors
/// [`Error::NotFound`]; what the artifacts' store answers.
pub async fn begin(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    task: &str,
) -> Result<Upload> {
    read::stored(caller, app, named, task).await?;
    Upload::begin(app).await
}

impl Upload {
    pub(super) async fn begin(app: &Arc<Switchboard>) -> Result<Self> {
        let artifacts = app.artifacts.as_ref();
        let artifacts = artifacts.ok_or_else(|| Error::Internal("no artifacts".to_owned()))?;
        Ok(Self {
            incoming: Some(artifacts.begin(app.ports.uuid()).await?),
            app: Arc::clone(app),
            hasher: Sha256::new(),
            size: 0,
        })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.size += bytes.len() as u64;
        let limit = self.app.settings.limits.artifact_bytes;
        if self.size > limit {
            return Err(Error::TooLarge(format!(
                "A file may have at most {limit} bytes; the operator sets limits.artifact_bytes"
            )));
        }
        self.hasher.update(&bytes);
        match &mut self.incoming {
            Some(incoming) => Ok(incoming.write(bytes).await?),
            None => Err(Error::Internal("an upload that is over".to_owned())),
        }
    }

    /// Adds the file to the task. When this returns, all of it is on disk.
    ///
    /// # Errors
    /// [`Error::Fields`] for a name that is too long; [`Error::NotFound`].
    pub async fn finish(
        mut self,
        caller: &Principal,
        named: Option<&str>,
        task: &str,
        name: FileName,
    ) -> Result<Artifact> {
        check(&name)?;
        let app = Arc::clone(&self.app);
        for _ in 0..TRIES {
            let task = read::stored(caller, &app, named, task).await?;
            let (artifact, blob) = self.placed(&task.id, &name, false).await?;
            let event = Event::ArtifactAdded {
                artifact: Box::new(artifact.clone()),
            };
            let write = Write::new().unchanged(task.clone());
            let write = blobs::used(write, &artifact, &blob).append(task.stream(), event.clone());
            match app.ports.store.commit(write).await {
                Ok(receipt) => {
                    for (stream, position) in receipt.appended {
                        let event = event.clone();
                        app.publish(Recorded {
                            stream,
                            position,
                            event,
                        });
                    }
                    return Ok(artifact);
                }
                Err(WriteError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Unavailable)
    }

    /// Puts the content in place.
    async fn placed(
        &mut self,
        task: &TaskId,
        name: &FileName,
        agent_created: bool,
    ) -> Result<(Artifact, Blob)> {
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        let hash = hex(self.hasher.clone().finalize());
        let ended = || Error::Internal("an upload that is over".to_owned());
        let incoming = self.incoming.as_mut().ok_or_else(ended)?;
        incoming.finish().await?;
        let blob = blobs::place(&self.app, &mut **incoming, &hash, size).await?;
        let clean = |text: &String| storable(text).into_owned();
        let artifact = Artifact {
            id: ArtifactId::from_uuid(self.app.ports.uuid()),
            task: task.clone(),
            agent_created,
            file_name: clean(&name.file_name),
            relative_path: name.relative_path.as_ref().map(clean),
            content_type: name.content_type.as_ref().map(clean),
            hash,
            size,
            created_at: self.app.ports.now(),
        };
        Ok((artifact, blob))
    }
}

/// A file that an agent made, whose content is whole and not in place yet.
pub struct Made {
    upload: Upload,
    name: FileName,
}

/// Takes in what an agent made; what lies elsewhere, until this time.
///
/// # Errors
/// When it is too large, cannot be fetched, or the disk fails.
pub async fn take_in(
    app: &Arc<Switchboard>,
    new: NewArtifact,
    deadline: Option<Timestamp>,
) -> Result<Made> {
    let name = FileName {
        file_name: new.file_name,
        relative_path: new.relative_path,
        content_type: new.content_type,
    };
    check(&name)?;
    match new.content {
        NewContent::Bytes(bytes) => {
            let mut upload = Upload::begin(app).await?;
            upload.write(bytes.into()).await?;
            Ok(Made { upload, name })
        }
        NewContent::Elsewhere(source) => fetch::take_in(app, &*source.0, name, deadline).await,
    }
}

impl Made {
    /// A content of which all is there, by this name.
    pub(super) fn new(upload: Upload, name: FileName) -> Self {
        Self { upload, name }
    }

    /// Puts it in place.
    ///
    /// # Errors
    /// What the stores answer.
    pub async fn placed(&mut self, task: &TaskId) -> Result<(Artifact, Blob)> {
        self.upload.placed(task, &self.name, true).await
    }
}

fn check(name: &FileName) -> Result<()> {
    let parts = [
        ("file", Some(&name.file_name)),
        ("relative_path", name.relative_path.as_ref()),
    ];
    for (member, text) in parts {
        if text.is_some_and(|text| text.len() > NAME_MAX) {
            let words = format!("may have a name of at most {NAME_MAX} bytes");
            return Err(FieldError::value(&[member], words, serde_json::Value::Null).into());
        }
    }
    Ok(())
}

/// The files of a task of the caller's, and how many there are.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn artifacts(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    task: &str,
    page: Pages,
) -> Result<(Vec<Artifact>, u64)> {
    let task = read::stored(caller, app, named, task).await?;
    let query = Query::ArtifactsOf {
        task: task.id,
        skip: page.skip(),
        limit: page.limit(),
    };
    let store = &*app.ports.store;
    futures::try_join!(
        async { Ok(list::<Artifact>(store, &query).await?) },
        async { Ok(store.count(&query).await?) }
    )
}

/// A file of a task of the caller's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn artifact(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    task: &str,
    id: &str,
) -> Result<Artifact> {
    let task: Task = read::stored(caller, app, named, task).await?;
    let id: ArtifactId = id_or_not_found(id, "Artifact")?;
    let found: Option<Artifact> = find(&*app.ports.store, id.as_str()).await?;
    found
        .filter(|artifact| artifact.task == task.id)
        .ok_or(Error::NotFound("Artifact"))
}

/// The bytes of a file within this range.
///
/// # Errors
/// [`Error::NotFound`] when it was deleted meanwhile; what the artifacts' store answers.
pub async fn content(
    app: &Switchboard,
    artifact: &Artifact,
    range: std::ops::Range<u64>,
) -> Result<Content> {
    let artifacts = app.artifacts.as_ref();
    let artifacts = artifacts.ok_or_else(|| Error::Internal("no artifacts".to_owned()))?;
    Ok(artifacts.read(&artifact.hash, range).await?)
}
