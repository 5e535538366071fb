//! Agents that are reached from here: models behind any provider, remote agents, and the built-in demo.
//!
//! Each provider is an [`AgentRuntime`]. Everything that goes out passes a client of the `http` module:
//! they follow no redirect, use no proxy and wait for nobody for ever. Requests to addresses that users
//! gave go by [`Outgoing`], which keeps them out of private networks.

mod absent;
mod actions;
mod answer;
mod builtin;
mod config;
mod conversation;
mod demo;
mod failure;
mod file;
mod http;
mod liquid;
mod mapping;
mod measured;
mod metrics;
mod models;
mod oauth;
mod outgoing;
mod peer;
mod remote;

pub use self::metrics::describe as describe_metrics;
pub use actions::HttpActions;
pub use builtin::{
    BuiltinType, Feed, FeedFormat, FeedRequest, WebhookAnswer, WebhookRequest, builtin_types, feed,
    manual_messages, webhook,
};
pub use config::{ConfigError, ProviderConfig, ProviderKind};
pub use demo::DemoRuntime;
pub use models::ModelRuntime;
pub use oauth::{OAuthClients, OAuthConfig, OAuthConfigError};
pub use outgoing::{Class, Lookup, NoClient, Outgoing, Refused, Trust};
pub use peer::{FarArtifact, FarStep, PeerConfig, PeerRuntime, parse_step};
pub use remote::{
    BadAnswer, BadSecret, HttpAgents, check_secret, parse_answer, parse_registration, signature,
};

use absent::Absent;
use measured::Measured;
use std::collections::HashSet;
use std::sync::Arc;
use switchboard_domain::ports::{AgentRuntime, Clock};

/// The providers: the demo first, then the configured ones in their order. Those that everybody has
/// heard of are there in any case, and not usable unless they are configured.
///
/// # Errors
/// [`ConfigError`] names the provider whose settings cannot work, or that occurs twice.
pub fn runtimes(
    providers: Vec<ProviderConfig>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn AgentRuntime>>, ConfigError> {
    let mut names = HashSet::new();
    let mut all: Vec<Arc<dyn AgentRuntime>> = vec![Arc::new(Measured::new(
        DemoRuntime::new(Arc::clone(clock)),
        clock,
    ))];
    for provider in providers {
        if !names.insert(provider.id.clone()) {
            return Err(ConfigError::Twice {
                provider: provider.id,
            });
        }
        let runtime = ModelRuntime::new(provider)?;
        all.push(Arc::new(Measured::new(runtime, clock)));
    }
    let absent = Absent::all().filter(|absent| !names.contains(absent.id()));
    all.extend(absent.map(|absent| Arc::new(absent) as Arc<dyn AgentRuntime>));
    Ok(all)
}
