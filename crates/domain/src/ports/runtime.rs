//! Running agents: whatever turns a call into an outcome.

use crate::nouns::{Call, Outcome};
use async_trait::async_trait;
use std::time::Duration;

/// One kind of agent: a provider of models, a remote agent, a built-in one.
///
/// A call is not remembered: everything that the agent needs is in it. Dropping the future cancels
/// the call, and releases its connection.
#[async_trait]
pub trait AgentRuntime: Send + Sync {
    /// What this provider offers.
    fn info(&self) -> ProviderInfo;

    /// Calls an agent once. Text that arrives piece by piece goes to `deltas` as it comes; the
    /// outcome has all of it once more.
    ///
    /// # Errors
    /// [`CallError`] says whether trying again makes sense.
    async fn call(&self, call: &Call, deltas: &dyn DeltaSink) -> Result<Outcome, CallError>;
}

/// Where the pieces of an answer go while it is made.
pub trait DeltaSink: Send + Sync {
    /// Takes the next piece. Never waits.
    fn delta(&self, text: &str);
}

/// Drops the pieces.
pub struct NoDeltas;

impl DeltaSink for NoDeltas {
    fn delta(&self, _: &str) {}
}

/// A provider, as clients see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderInfo {
    /// The name in requests, e.g. `openai`.
    pub id: String,
    /// The name for people, e.g. `OpenAI`.
    pub name: String,
    /// Models that are known to work. Others may be asked for.
    pub models: Vec<String>,
    /// The model that is used when none is named.
    pub default_model: String,
    /// Whether a key or an endpoint is set, so that it can be used.
    pub usable: bool,
}

/// Why a call gave no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The provider is overloaded or broke off (429, 5xx, a lost connection): worth another try.
    #[error("{message}")]
    Transient {
        /// What happened, for people, without anything internal.
        message: String,
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// Trying again gives the same.
    #[error("{message}")]
    Permanent {
        /// What happened, for people, without anything internal.
        message: String,
    },
}
