//! Another server of the protocol as a provider, which the operator configured.

use super::Peer;
use crate::measured::Watch;
use crate::outgoing::{Outgoing, Refused, Trust};
use async_trait::async_trait;
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use switchboard_domain::nouns::{Call, Outcome};
use switchboard_domain::ports::{AgentRuntime, CallError, Clock, DeltaSink, ProviderInfo};

/// How long a step may take over there. Sessions and tasks have shorter limits of their own.
const LIMIT: Duration = Duration::from_hours(1);
/// The one model that such a provider has: the agent at its address.
const MODEL: &str = "agent";

/// Another server of the Agent Protocol, as the operator configured it.
#[derive(Clone)]
pub struct PeerConfig {
    /// The name in requests.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The base URL that the protocol's clients are given.
    pub base_url: String,
    /// The token that is shown to it, if it wants one.
    pub token: Option<SecretString>,
}

/// An agent behind another server, which chats, works in workflows and does tasks as a provider's.
pub struct PeerRuntime {
    info: ProviderInfo,
    peer: Peer,
    clock: Arc<dyn Clock>,
    measured_as: Arc<str>,
}

impl PeerRuntime {
    /// The agent at this address. It is not called yet.
    ///
    /// # Errors
    /// [`Refused`] for an address that cannot work.
    pub fn new(
        config: PeerConfig,
        outgoing: &Outgoing,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Refused> {
        let peer = Peer::new(outgoing, clock, &config.base_url, Trust::Operator)?;
        Ok(Self {
            peer: peer.with_token(config.token),
            clock: Arc::clone(clock),
            measured_as: config.id.as_str().into(),
            info: ProviderInfo {
                id: config.id,
                name: config.name,
                models: vec![MODEL.to_owned()],
                default_model: MODEL.to_owned(),
                usable: true,
            },
        })
    }
}

#[async_trait]
impl AgentRuntime for PeerRuntime {
    fn info(&self) -> ProviderInfo {
        self.info.clone()
    }

    async fn call(&self, call: &Call, _: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let watch = Watch::begin(&self.measured_as, &self.clock, call.attempt);
        watch.end(self.peer.call(call, None, LIMIT).await)
    }
}
