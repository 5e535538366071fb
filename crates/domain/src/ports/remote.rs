//! Remote agents: programs that answer `register`, `receive` and `check` over HTTP.

use crate::{
    nouns::{Call, Function, Object, Outcome},
    ports::CallError,
};
use async_trait::async_trait;
use secrecy::SecretString;
use std::time::Duration;

/// Remote agents, wherever they are.
///
/// A call is signed as Standard Webhooks says where the endpoint has a secret, with [`Call::id`] as
/// the `webhook-id`: it is the same over retries. Redirects are not followed, and an answer that is
/// larger than 8 MiB is refused.
#[async_trait]
pub trait RemoteAgents: Send + Sync {
    /// Asks an agent what it is.
    ///
    /// # Errors
    /// [`CallError`]: it cannot be reached, may not be called, or answers something else.
    async fn register(&self, endpoint: &RemoteEndpoint) -> Result<Registration, CallError>;

    /// Lets an agent receive or check. Nothing of an answer that is not well-formed takes effect.
    ///
    /// # Errors
    /// [`CallError`], which says what was wrong and quotes the start of the answer.
    async fn call(&self, endpoint: &RemoteEndpoint, call: &Call) -> Result<Outcome, CallError>;
}

/// Where a remote agent is, and how it is called.
#[derive(Debug, Clone)]
pub struct RemoteEndpoint {
    /// Its one address.
    pub url: String,
    /// The secret that both sides know, if they share one (`whsec_` and Base64).
    pub secret: Option<SecretString>,
    /// How long a call may take.
    pub timeout: Duration,
    /// Whether the operator set the address. Others may not lead into private networks, unless the
    /// operator allows it.
    pub is_trusted: bool,
}

/// What a remote agent says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// The name of its type, in camel case: a capital letter, then letters and digits.
    pub name: String,
    /// The name for people.
    pub display_name: String,
    /// What it does, in Markdown.
    pub description: String,
    /// The options that an agent of this type begins with.
    pub default_options: Object,
    /// Functions that it may propose to call.
    pub functions: Vec<Function>,
}
