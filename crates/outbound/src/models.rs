//! Models behind a provider, through one client library for all protocols.

use crate::config::{ConfigError, ProviderConfig, ProviderKind};
use crate::failure::Failures;
use crate::{answer, conversation, http};
use async_trait::async_trait;
use futures::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{ChatOptions, ChatStreamEvent, ReasoningEffort, StreamEnd};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, Headers, ModelIden, ServiceTarget};
use reqwest::Url;
use secrecy::ExposeSecret;
use switchboard_domain::nouns::{Call, Outcome};
use switchboard_domain::ports::{AgentRuntime, CallError, DeltaSink, ProviderInfo};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

/// An answer is kept whole in memory, so a model that never ends is stopped here, in bytes.
const LONGEST_ANSWER: usize = 1 << 20;
/// No provider has a longer name for a model.
const LONGEST_MODEL: usize = 200;

/// One configured provider of models.
pub struct ModelRuntime {
    info: ProviderInfo,
    kind: ProviderKind,
    endpoint: Option<Url>,
    failures: Failures,
    client: Client,
}

impl ModelRuntime {
    /// A provider with these settings. It is not called yet.
    ///
    /// # Errors
    /// [`ConfigError`] where the settings cannot work. A missing key or address is none: the
    /// provider is then not usable.
    pub fn new(config: ProviderConfig) -> Result<Self, ConfigError> {
        config.check_name()?;
        let (key, endpoint) = (config.key()?, config.endpoint()?);
        let unmade = |reason| ConfigError::Client {
            provider: config.id.clone(),
            reason,
        };
        let http = http::client(http::IDLE)
            .map_err(|error| unmade(switchboard_domain::innermost_cause(&error)))?;
        let client = Client::builder()
            .with_reqwest(http)
            .build()
            .map_err(|error| unmade(error.to_string()))?;
        let ready = endpoint.is_some() && (key.is_some() || !config.kind.needs_key());
        let ollama = config.kind == ProviderKind::Ollama;
        Ok(Self {
            kind: config.kind,
            endpoint,
            failures: Failures {
                name: config.name.clone(),
                key,
                ollama,
            },
            client,
            info: info(config, ready),
        })
    }

    /// Where a call goes. Protocol, address and key are set for every call: left to itself, the
    /// library guesses them from the model's name, and sends unknown names to a local Ollama.
    fn target(&self, model: &str) -> Result<ServiceTarget, CallError> {
        let Some(endpoint) = self.endpoint.as_ref().filter(|_| self.info.usable) else {
            return Err(self.failures.permanent("has no key or address configured"));
        };
        let model = if model.is_empty() {
            &*self.info.default_model
        } else {
            model
        };
        self.check(model)?;
        Ok(ServiceTarget {
            auth: self.auth(endpoint)?,
            endpoint: Endpoint::from_owned(endpoint.as_str()),
            // The library takes what is before the first `::` for a provider's name and drops it.
            model: ModelIden::new(self.adapter(), format!("{}::{model}", self.info.id)),
        })
    }

    /// A model's name comes from users, and Google has it in the address.
    fn check(&self, model: &str) -> Result<(), CallError> {
        let in_address = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let fits = match self.kind {
            ProviderKind::Google => model.chars().all(in_address) && !model.starts_with('.'),
            _ => !model.chars().any(|c| c.is_control() || c.is_whitespace()),
        };
        if model.is_empty() {
            return Err(self.failures.permanent("was called without naming a model"));
        }
        if !fits || model.chars().count() > LONGEST_MODEL {
            return Err(self.failures.permanent("has no model of this name"));
        }
        Ok(())
    }

    fn auth(&self, endpoint: &Url) -> Result<AuthData, CallError> {
        if let Some(key) = &self.failures.key {
            return Ok(AuthData::from_single(key.expose_secret()));
        }
        if self.kind != ProviderKind::OpenAiCompatible {
            return Ok(AuthData::None);
        }
        // Without this the library demands a key.
        let mut url = endpoint.join("chat/completions").map_err(|_| {
            self.failures
                .permanent("has an address that cannot be called")
        })?;
        url.set_query(endpoint.query());
        Ok(AuthData::RequestOverride {
            url: url.into(),
            headers: Headers::default(),
        })
    }

    const fn adapter(&self) -> AdapterKind {
        match self.kind {
            ProviderKind::OpenAi | ProviderKind::OpenAiCompatible => AdapterKind::OpenAI,
            ProviderKind::Anthropic => AdapterKind::Anthropic,
            ProviderKind::Groq => AdapterKind::Groq,
            ProviderKind::Google => AdapterKind::Gemini,
            ProviderKind::Ollama => AdapterKind::Ollama,
        }
    }

    fn options(&self, call: &Call) -> ChatOptions {
        let mut options = ChatOptions::default()
            .with_capture_usage(true)
            .with_capture_tool_calls(true);
        if let Some(limit) = call.max_output_tokens.filter(|&limit| limit > 0) {
            options = options.with_max_tokens(limit);
        }
        match (self.kind, &self.failures.key) {
            // The library reads `-high` at the end of a name as a wish for more thinking and cuts
            // it off. Here it is part of the name; a budget is what this protocol does not send.
            (ProviderKind::OpenAiCompatible, _) => {
                options.with_reasoning_effort(ReasoningEffort::Budget(0))
            }
            // The library sends Ollama no key, but one behind a proxy asks for it.
            (ProviderKind::Ollama, Some(key)) => {
                let value = format!("Bearer {}", key.expose_secret());
                options.with_extra_headers(("Authorization".to_owned(), value))
            }
            _ => options,
        }
    }

    /// Streams the answer to its end.
    async fn stream(
        &self,
        call: &Call,
        deltas: &dyn DeltaSink,
    ) -> Result<(String, StreamEnd), CallError> {
        let target = self.target(&call.model)?;
        let request = conversation::request(call, self.kind.alternates());
        let options = self.options(call);
        let asked = self
            .client
            .exec_chat_stream(target, request, Some(&options))
            .await;
        let mut stream = asked.map_err(|error| self.failures.of(&error))?.stream;
        let mut text = String::new();
        // The library logs what providers answer, and they quote keys: it logs nowhere.
        while let Some(event) = stream.next().with_subscriber(Dispatch::none()).await {
            match event.map_err(|error| self.failures.of(&error))? {
                ChatStreamEvent::Chunk(piece) if !piece.content.is_empty() => {
                    deltas.delta(&piece.content);
                    text.push_str(&piece.content);
                }
                ChatStreamEvent::End(end) => return Ok((text, end)),
                _ => {}
            }
            if text.len() > LONGEST_ANSWER {
                return Err(self
                    .failures
                    .permanent("gave an answer that is too long to keep"));
            }
        }
        // The stream is over and its last event never came.
        Err(self.failures.lost())
    }
}

#[async_trait]
impl AgentRuntime for ModelRuntime {
    fn info(&self) -> ProviderInfo {
        self.info.clone()
    }

    async fn call(&self, call: &Call, deltas: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let (text, end) = self.stream(call, deltas).await?;
        answer::outcome(text, end, &call.functions, &self.failures)
    }
}

fn info(config: ProviderConfig, usable: bool) -> ProviderInfo {
    let mut models = config.models;
    if models.is_empty() {
        models = config
            .kind
            .known_models()
            .iter()
            .map(|&model| model.to_owned())
            .collect();
    }
    let default_model = match config.default_model.filter(|model| !model.is_empty()) {
        Some(model) => model,
        None => models.first().cloned().unwrap_or_default(),
    };
    if !default_model.is_empty() && !models.contains(&default_model) {
        models.insert(0, default_model.clone());
    }
    ProviderInfo {
        id: config.id,
        name: config.name,
        models,
        default_model,
        usable,
    }
}
