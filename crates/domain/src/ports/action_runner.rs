//! Actions that the server runs itself: one HTTP call each.

use crate::nouns::RenderedRequest;
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;
use std::time::Duration;

/// Makes the calls of actions.
///
/// A call goes where the request says and nowhere else: redirects are not followed, and addresses that
/// are not public are refused unless the operator allows them. The secret is put in at the last moment,
/// and only for a host that may have it; it is in nothing that comes back, neither in the result nor in
/// an error, whatever the far side does. It is called once: whether to call again is the caller's to say.
#[async_trait]
pub trait ActionRunner: Send + Sync {
    /// Makes a call. The result is `{"status": 200, "body": …}`: the body as JSON where it is JSON, else
    /// as text.
    ///
    /// # Errors
    /// [`RunFailed`]; any status other than 2xx is one.
    async fn run(&self, call: ServerCall) -> Result<Value, RunFailed>;
}

/// One call.
#[derive(Debug, Clone)]
pub struct ServerCall {
    /// What is asked.
    pub request: RenderedRequest,
    /// What proves on whose behalf, if anything has to.
    pub auth: Option<Injected>,
    /// How long it may take.
    pub timeout: Duration,
}

/// A secret for a header.
#[derive(Debug, Clone)]
pub struct Injected {
    /// The header, e.g. `authorization`.
    pub header: String,
    /// Its value, e.g. `Bearer …`.
    pub value: SecretString,
    /// The hosts that may have it, as `host` or `host:port`; none for any host, which only a credential
    /// may go to whose function its owner wrote.
    pub hosts: Option<Vec<String>>,
}

/// Why a call gave no result. The texts are for people and hold no secret.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RunFailed {
    /// It was not made: nothing has happened.
    #[error("the call was not made: {0}")]
    NotMade(String),
    /// It was made, and the far side refused it.
    #[error("{message}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What the far side said.
        message: String,
        /// When the far side wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// It may have been made, or not: its answer was lost, or came too late, or cannot be read.
    #[error("{0}")]
    Unknown(String),
}
