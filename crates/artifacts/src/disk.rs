//! Contents in a folder of the local disk.

use crate::objects::{INCOMING, Objects, WHOLE};
use async_trait::async_trait;
use object_store::local::LocalFileSystem;
use std::{io, ops::Range, path::Path, sync::Arc};
use switchboard_domain::ports::{ArtifactError, Artifacts, Content, Incoming};
use uuid::Uuid;

/// How many bytes are written at a time.
pub(crate) const PART: usize = 1 << 20;

/// Contents in a folder.
pub struct Disk(Objects);

impl Disk {
    /// The contents in this folder, which is made if it is not there. What an earlier life of the
    /// server left half written is removed: nobody was told that it is there.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let incoming = folder.join(INCOMING);
        match std::fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::create_dir_all(&incoming)?;
        std::fs::create_dir_all(folder.join(WHOLE))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(io::Error::other)?;
        Ok(Self(Objects {
            store: Arc::new(files.with_fsync(true)),
            part: PART,
        }))
    }
}

#[async_trait]
impl Artifacts for Disk {
    async fn begin(&self, name: Uuid) -> Result<Box<dyn Incoming>, ArtifactError> {
        self.0.begin(name).await
    }

    async fn read(&self, hash: &str, range: Range<u64>) -> Result<Content, ArtifactError> {
        self.0.read(hash, range).await
    }

    async fn remove(&self, hash: &str) -> Result<(), ArtifactError> {
        self.0.remove(hash).await
    }
}
