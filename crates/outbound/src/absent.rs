//! The providers that everybody has heard of, where nobody set them up: who asks for one learns
//! that its key is missing, and not that there is no such provider.

use async_trait::async_trait;
use switchboard_domain::nouns::{Call, Outcome};
use switchboard_domain::ports::{AgentRuntime, CallError, DeltaSink, ProviderInfo};

/// Their names in requests and before people.
const KNOWN: [(&str, &str); 5] = [
    ("openai", "OpenAI"),
    ("anthropic", "Anthropic"),
    ("groq", "Groq"),
    ("google", "Google"),
    ("ollama", "Ollama"),
];

/// A provider that nobody set up. It needs no HTTP client and cannot be used.
pub(crate) struct Absent {
    id: &'static str,
    name: &'static str,
}

impl Absent {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        KNOWN.into_iter().map(|(id, name)| Self { id, name })
    }

    /// The name in requests.
    pub(crate) const fn id(&self) -> &'static str {
        self.id
    }
}

#[async_trait]
impl AgentRuntime for Absent {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: self.id.into(),
            name: self.name.into(),
            models: Vec::new(),
            default_model: String::new(),
            usable: false,
        }
    }

    async fn call(&self, _: &Call, _: &dyn DeltaSink) -> Result<Outcome, CallError> {
        Err(CallError::Permanent {
            message: format!("{} has no key or address configured", self.name),
        })
    }
}
