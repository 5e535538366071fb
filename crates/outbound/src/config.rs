//! What a provider's settings say, and whether they can work.

mod address;

use secrecy::{ExposeSecret, SecretString};

/// One provider, as the operator configured it.
#[derive(Clone)]
pub struct ProviderConfig {
    /// The name in requests, e.g. `openai`.
    pub id: String,
    /// The name for people, e.g. `OpenAI`.
    pub name: String,
    /// Which protocol it speaks.
    pub kind: ProviderKind,
    /// Where it is; none is the provider's public address.
    pub base_url: Option<String>,
    /// The key that it asks for.
    pub api_key: Option<SecretString>,
    /// The models to offer; none are the ones that are known for this kind.
    pub models: Vec<String>,
    /// The model that is used when none is named; none is the first one.
    pub default_model: Option<String>,
}

/// Which protocol a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// `OpenAI`'s chat completions.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Groq.
    Groq,
    /// Google's Gemini.
    Google,
    /// Ollama's own protocol.
    Ollama,
    /// Any server that speaks `OpenAI`'s chat completions.
    OpenAiCompatible,
}

/// Why a provider's settings cannot work. Never says a key or an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The name is taken or has characters that a name may not have.
    #[error(
        "a provider cannot be called {provider:?}: use lower-case letters, digits, - and _, \
         and neither `demo` nor `agent`"
    )]
    Name {
        /// The name.
        provider: String,
    },
    /// Two providers have one name.
    #[error("provider {provider} is configured twice")]
    Twice {
        /// The name.
        provider: String,
    },
    /// The address is none.
    #[error("provider {provider}: base_url {reason}")]
    BaseUrl {
        /// The provider.
        provider: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key has characters that no header can carry.
    #[error("provider {provider}: api_key may have visible ASCII characters only")]
    ApiKey {
        /// The provider.
        provider: String,
    },
    /// The HTTP client could not be made, e.g. for want of root certificates.
    #[error("provider {provider}: no HTTP client could be made: {reason}")]
    Client {
        /// The provider.
        provider: String,
        /// What is missing.
        reason: String,
    },
}

/// Names that mean something else where a provider is named: the built-in demo, and agents that
/// are registered here.
const TAKEN: [&str; 2] = ["demo", "agent"];

impl ProviderConfig {
    /// Checks the name.
    pub(crate) fn check_name(&self) -> Result<(), ConfigError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if self.id.is_empty() || !self.id.chars().all(allowed) || TAKEN.contains(&&*self.id) {
            return Err(ConfigError::Name {
                provider: self.id.clone(),
            });
        }
        Ok(())
    }

    /// The key, if one is set; an empty one is none.
    pub(crate) fn key(&self) -> Result<Option<SecretString>, ConfigError> {
        let Some(key) = &self.api_key else {
            return Ok(None);
        };
        let key = key.expose_secret().trim();
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(ConfigError::ApiKey {
                provider: self.id.clone(),
            });
        }
        Ok((!key.is_empty()).then(|| key.into()))
    }
}

impl ProviderKind {
    const fn public_address(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("https://api.openai.com/v1/"),
            Self::Anthropic => Some("https://api.anthropic.com/v1/"),
            Self::Groq => Some("https://api.groq.com/openai/v1/"),
            Self::Google => Some("https://generativelanguage.googleapis.com/v1beta/"),
            Self::Ollama | Self::OpenAiCompatible => None,
        }
    }

    /// Whether it answers nobody without a key.
    pub(crate) const fn needs_key(self) -> bool {
        !matches!(self, Self::Ollama | Self::OpenAiCompatible)
    }

    /// Whether the two sides must take turns in the history.
    pub(crate) const fn alternates(self) -> bool {
        matches!(self, Self::Anthropic | Self::Google)
    }

    /// Models that are known to work, the default first.
    pub(crate) const fn known_models(self) -> &'static [&'static str] {
        match self {
            Self::OpenAi => &["gpt-5.4-mini", "gpt-5.4", "gpt-6-luna", "gpt-6-astra"],
            Self::Anthropic => &["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5"],
            Self::Groq => &["openai/gpt-oss-20b", "openai/gpt-oss-120b"],
            Self::Google => &[
                "gemini-3.8-flash",
                "gemini-3.5-flash",
                "gemini-3.5-flash-lite",
            ],
            Self::Ollama => &["gemma3:4b", "qwen3:4b"],
            Self::OpenAiCompatible => &[],
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Settings without a key.
    pub(crate) fn config(kind: ProviderKind, base_url: Option<&str>) -> ProviderConfig {
        ProviderConfig {
            id: "one".into(),
            name: "One".into(),
            kind,
            base_url: base_url.map(str::to_owned),
            api_key: None,
            models: Vec::new(),
            default_model: None,
        }
    }

    #[test]
    fn keys_are_trimmed_and_must_fit_a_header() {
        let with = |key: &str| {
            let mut config = config(ProviderKind::OpenAi, None);
            config.api_key = Some(key.into());
            config
                .key()
                .map(|key| key.map(|key| key.expose_secret().to_owned()))
        };
        assert_eq!(with(" sk-1\n"), Ok(Some("sk-1".into())));
        assert_eq!(with("  "), Ok(None));
        assert!(with("a\nb").is_err() && with("schl\u{fc}ssel").is_err());
    }

    #[test]
    fn names_are_plain_and_not_taken() {
        for name in ["demo", "agent", "", "OpenAI", "a b", "a/b"] {
            let mut config = config(ProviderKind::OpenAi, None);
            config.id = name.into();
            assert!(config.check_name().is_err(), "{name}");
        }
        assert!(config(ProviderKind::OpenAi, None).check_name().is_ok());
    }
}
