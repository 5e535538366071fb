//! The providers of agents, by name.

use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ports::{AgentRuntime, ProviderInfo},
};

/// The name under which any registered agent can take a place in a session.
pub const REGISTERED: &str = "agent";

/// All providers that this server knows, in the order in which they are shown.
#[derive(Default)]
pub struct Runtimes {
    all: Vec<(ProviderInfo, Arc<dyn AgentRuntime>)>,
}

impl Runtimes {
    /// These providers.
    pub fn new(runtimes: Vec<Arc<dyn AgentRuntime>>) -> Self {
        Self {
            all: runtimes
                .into_iter()
                .map(|runtime| (runtime.info(), runtime))
                .collect(),
        }
    }

    /// The ones that can be used: a key or an endpoint is set.
    pub fn usable(&self) -> impl Iterator<Item = &ProviderInfo> {
        self.all
            .iter()
            .map(|(info, _)| info)
            .filter(|info| info.usable)
    }

    /// The provider of this name.
    pub fn get(&self, id: &str) -> Option<(&ProviderInfo, &Arc<dyn AgentRuntime>)> {
        self.all
            .iter()
            .find(|(info, _)| info.id == id)
            .map(|(info, runtime)| (info, runtime))
    }

    /// The provider of this name and the model to use: the one asked for, or the default.
    ///
    /// # Errors
    /// [`Error::Fields`] at `path` for an unknown provider; [`Error::Invalid`] for one without a key.
    pub fn choose(
        &self,
        id: &str,
        model: Option<&str>,
        path: &[&str],
    ) -> Result<(&ProviderInfo, String)> {
        let Some((info, _)) = self.get(id) else {
            let known: Vec<_> = self.usable().map(|info| info.id.as_str()).collect();
            let message = format!("Unknown provider `{id}`; there are: {}", known.join(", "));
            return Err(FieldError::value(path, message, id.into()).into());
        };
        if !info.usable {
            return Err(Error::Invalid(format!(
                "Provider `{id}` has no API key or endpoint; the operator can set one in [providers.{id}]"
            )));
        }
        let model = model
            .filter(|model| !model.is_empty())
            .unwrap_or(&info.default_model);
        Ok((info, model.to_owned()))
    }
}
