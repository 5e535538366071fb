//! What a provider's settings say, and whether they can work.

use reqwest::Url;
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
/// Where Ollama listens when nothing else is said.
const OLLAMA_PORT: u16 = 11434;

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

    /// The address, with a slash at its end; none when it is neither given nor known.
    pub(crate) fn endpoint(&self) -> Result<Option<Url>, ConfigError> {
        let given = self
            .base_url
            .as_deref()
            .map(str::trim)
            .filter(|url| !url.is_empty());
        let Some(text) = given.or(self.kind.public_address()) else {
            return Ok(None);
        };
        let bad = |reason| ConfigError::BaseUrl {
            provider: self.id.clone(),
            reason,
        };
        // Ollama's own setting for its address is often only a host and a port.
        let text = if self.kind == ProviderKind::Ollama {
            ollama_address(text)
        } else {
            text.into()
        };
        let mut url = Url::parse(&text).map_err(|_| bad("is not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("must not hold a user or a password; use api_key"));
        }
        if url.fragment().is_some() {
            return Err(bad("must not have a fragment"));
        }
        if url.query().is_some() && self.kind != ProviderKind::OpenAiCompatible {
            return Err(bad("must not have a query"));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Some(url))
    }
}

/// `host`, `host:port` and whole URLs all name an Ollama server.
fn ollama_address(text: &str) -> String {
    if text.contains("://") {
        return text.to_owned();
    }
    let address = format!("http://{text}");
    let Ok(mut url) = Url::parse(&address) else {
        return address;
    };
    if url.port().is_none() && url.set_port(Some(OLLAMA_PORT)).is_ok() {
        return url.into();
    }
    address
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
mod tests {
    use super::*;

    fn config(kind: ProviderKind, base_url: Option<&str>) -> ProviderConfig {
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

    fn endpoint(kind: ProviderKind, base_url: &str) -> Result<String, &'static str> {
        match config(kind, Some(base_url)).endpoint() {
            Ok(Some(url)) => Ok(url.into()),
            Err(ConfigError::BaseUrl { reason, .. }) => Err(reason),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn addresses_end_in_a_slash() {
        let compatible = ProviderKind::OpenAiCompatible;
        assert_eq!(
            endpoint(compatible, "http://h:1/v1").unwrap(),
            "http://h:1/v1/"
        );
        assert_eq!(
            endpoint(compatible, " https://h/v1/ ").unwrap(),
            "https://h/v1/"
        );
        assert_eq!(
            endpoint(compatible, "http://h/v1?v=2").unwrap(),
            "http://h/v1/?v=2"
        );
    }

    #[test]
    fn ollama_is_named_in_many_ways() {
        for (given, wanted) in [
            ("localhost", "http://localhost:11434/"),
            ("0.0.0.0:8000", "http://0.0.0.0:8000/"),
            ("[::1]", "http://[::1]:11434/"),
            ("http://h", "http://h/"),
            ("https://h:1/under", "https://h:1/under/"),
        ] {
            assert_eq!(endpoint(ProviderKind::Ollama, given).unwrap(), wanted);
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_refused() {
        for (given, word) in [
            ("nonsense", "not a URL"),
            ("ftp://h/", "http://"),
            ("file:///etc/passwd", "http://"),
            ("http://user:secret@h/", "user"),
            ("http://h/#part", "fragment"),
        ] {
            let reason = endpoint(ProviderKind::OpenAiCompatible, given).unwrap_err();
            assert!(reason.contains(word), "{given}: {reason}");
        }
        assert!(
            endpoint(ProviderKind::Google, "http://h/?key=1")
                .unwrap_err()
                .contains("query")
        );
    }

    #[test]
    fn known_providers_need_no_address_and_others_do() {
        assert!(
            config(ProviderKind::OpenAi, None)
                .endpoint()
                .unwrap()
                .is_some()
        );
        assert!(
            config(ProviderKind::Google, Some(" "))
                .endpoint()
                .unwrap()
                .is_some()
        );
        assert!(
            config(ProviderKind::Ollama, None)
                .endpoint()
                .unwrap()
                .is_none()
        );
        assert!(
            config(ProviderKind::OpenAiCompatible, None)
                .endpoint()
                .unwrap()
                .is_none()
        );
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
