//! What is in the files of tasks.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use std::ops::Range;
use uuid::Uuid;

/// A content, piece by piece.
pub type Content = BoxStream<'static, Result<Bytes, ArtifactError>>;

/// Contents under their hashes.
///
/// - **Durable:** what [`Incoming::keep`] acknowledged survives any crash.
/// - **Whole:** a content is there with all its bytes or not at all.
/// - **Streamed:** no content is held in memory.
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// Begins to take a content in, under a name of its own.
    async fn begin(&self, name: Uuid) -> Result<Box<dyn Incoming>, ArtifactError>;

    /// The bytes of a content within this range, which must lie within it.
    async fn read(&self, hash: &str, range: Range<u64>) -> Result<Content, ArtifactError>;

    /// Removes a content, if it is there.
    async fn remove(&self, hash: &str) -> Result<(), ArtifactError>;
}

/// A content that comes in. Who does not keep it discards it.
#[async_trait]
pub trait Incoming: Send {
    /// Takes the next bytes.
    async fn write(&mut self, bytes: Bytes) -> Result<(), ArtifactError>;

    /// Says that these were all. Then it is durable, under its own name.
    async fn finish(&mut self) -> Result<(), ArtifactError>;

    /// Puts it under its hash, in place of the same content if that is there.
    async fn keep(&mut self, hash: &str) -> Result<(), ArtifactError>;

    /// Leaves nothing of it, unless it was kept.
    async fn discard(&mut self);
}

/// What can go wrong with a content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// It is not there.
    #[error("the content is not there")]
    Missing,
    /// The disk or the service failed. The text is for the log.
    #[error("the artifacts' store failed: {0}")]
    Broken(String),
}
