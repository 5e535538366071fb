//! Contents in an object store, whichever it is.

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart, path::Path as Place,
};
use std::{ops::Range, sync::Arc};
use switchboard_domain::ports::{ArtifactError, Artifacts, Content, Incoming};
use uuid::Uuid;

/// Where contents lie while they come in.
pub(crate) const INCOMING: &str = "incoming";
/// Where contents lie that are whole.
pub(crate) const WHOLE: &str = "sha256";
/// How many parts are under way at once.
const PARTS: usize = 2;

/// Contents in an object store.
pub(crate) struct Objects {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// How many bytes are written at a time.
    pub(crate) part: usize,
}

/// Where the content with this hash lies.
fn place(hash: &str) -> Place {
    let folder = hash.get(..2).unwrap_or("__");
    Place::from_iter([WHOLE, folder, hash])
}

pub(crate) fn failed(error: object_store::Error) -> ArtifactError {
    match error {
        object_store::Error::NotFound { .. } => ArtifactError::Missing,
        other => ArtifactError::Broken(other.to_string()),
    }
}

#[async_trait]
impl Artifacts for Objects {
    async fn begin(&self, name: Uuid) -> Result<Box<dyn Incoming>, ArtifactError> {
        let at = Place::from_iter([INCOMING.to_owned(), name.simple().to_string()]);
        let upload = self.store.put_multipart(&at).await.map_err(failed)?;
        Ok(Box::new(File {
            store: Arc::clone(&self.store),
            upload: Some(WriteMultipart::new_with_chunk_size(upload, self.part)),
            is_whole: false,
            at,
        }))
    }

    async fn read(&self, hash: &str, range: Range<u64>) -> Result<Content, ArtifactError> {
        let empty = range.is_empty();
        let options = GetOptions {
            // No store gives an empty range; that the content is there is asked all the same.
            range: (!empty).then_some(GetRange::Bounded(range)),
            head: empty,
            ..GetOptions::default()
        };
        let found = self.store.get_opts(&place(hash), options).await;
        let found = found.map_err(failed)?;
        if empty {
            return Ok(futures::stream::empty().boxed());
        }
        Ok(found.into_stream().map_err(failed).boxed())
    }

    async fn remove(&self, hash: &str) -> Result<(), ArtifactError> {
        match self.store.delete(&place(hash)).await.map_err(failed) {
            Err(ArtifactError::Missing) => Ok(()),
            other => other,
        }
    }
}

/// A content that comes in.
struct File {
    store: Arc<dyn ObjectStore>,
    upload: Option<WriteMultipart>,
    /// Whether all of it is there, under its own name.
    is_whole: bool,
    at: Place,
}

#[async_trait]
impl Incoming for File {
    async fn write(&mut self, bytes: Bytes) -> Result<(), ArtifactError> {
        let Some(upload) = &mut self.upload else {
            return Err(ArtifactError::Broken("it was finished before".to_owned()));
        };
        upload.wait_for_capacity(PARTS).await.map_err(failed)?;
        upload.put(bytes);
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), ArtifactError> {
        if let Some(upload) = self.upload.take() {
            upload.finish().await.map_err(failed)?;
            self.is_whole = true;
        }
        Ok(())
    }

    async fn keep(&mut self, hash: &str) -> Result<(), ArtifactError> {
        let kept = self.store.rename(&self.at, &place(hash)).await;
        kept.map_err(failed)?;
        self.is_whole = false;
        Ok(())
    }

    async fn discard(&mut self) {
        if let Some(upload) = self.upload.take() {
            let _ = upload.abort().await;
        }
        if self.is_whole {
            self.is_whole = false;
            let _ = self.store.delete(&self.at).await;
        }
    }
}
