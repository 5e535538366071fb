//! Files that agents left where they made them.

use super::CallError;
use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

/// A file of an agent's that lies on another server.
#[async_trait]
pub trait Elsewhere: Send + Sync {
    /// Asks for it, from its first byte on. May be asked again: then it begins anew.
    ///
    /// # Errors
    /// [`CallError`] says whether trying again makes sense.
    async fn open(&self) -> Result<Opened, CallError>;
}

/// A file that comes in.
pub struct Opened {
    /// Its type, as the other server tells it.
    pub content_type: Option<String>,
    /// Its bytes, piece by piece. A server that says nothing for long is an error here.
    pub content: BoxStream<'static, Result<Bytes, CallError>>,
}
