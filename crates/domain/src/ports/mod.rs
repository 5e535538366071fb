//! The ports: what the core needs from the world. Each trait's text is its contract; the suites in
//! [`conformance`](crate::conformance) are the contract in code.

mod action_runner;
mod artifacts;
mod bus;
mod clock;
mod elsewhere;
mod oauth;
mod record;
mod remote;
mod runtime;
mod store;
mod vault;
mod write;

pub use action_runner::{ActionRunner, Injected, RunFailed, ServerCall};
pub use artifacts::{ArtifactError, Artifacts, Content, Incoming};
pub use bus::{Bus, Delta, Signal, Signals, Topic};
pub use clock::{Clock, Random};
pub use elsewhere::{Elsewhere, Opened};
pub use oauth::{
    AuthorizationAsk, CodeGrant, DeviceGrant, DevicePoll, OAuth, OAuthFailed, OAuthProvider, Tokens,
};
pub use record::{Key, Kind, Noun, Record};
pub use remote::{Registration, RemoteAgents, RemoteEndpoint};
pub use runtime::{AgentRuntime, CallError, DeltaSink, NoDeltas, ProviderInfo};
pub use store::{Backlog, Claims, Page, Query, Store, StoreError, find, list};
pub use vault::{Vault, VaultError};
pub use write::{About, Change, Guard, NewDelivery, Receipt, Refusal, Snapshot, Write, WriteError};
