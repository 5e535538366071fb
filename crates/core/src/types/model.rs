//! A model of any provider as an agent in workflows: what it receives is its prompt, and its answer is
//! what it emits.

use super::{BuiltIn, Rules};
use crate::runtimes::Runtimes;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_domain::{
    error::FieldError,
    nouns::{Call, Object, Outcome},
    ports::{AgentRuntime, CallError, DeltaSink, ProviderInfo, Registration},
};

/// The name of the type.
pub const NAME: &str = "ModelAgent";
/// The longest instructions, in characters.
const INSTRUCTIONS_MAX: usize = 20_000;

const DESCRIPTION: &str = "\
Asks a model. A message that it receives is the prompt: its member `prompt`, `text`, `message` or `content`, or all of it \
as JSON. The answer is emitted as `{\"message\": …}`. On a schedule it does what its instructions say.

* `provider`: one of those that the server knows, such as `openai`.
* `model`: one of the provider's; its default if it is left out.
* `instructions`: what the model is told beforehand.";

struct Model {
    runtimes: Runtimes,
}

/// The type, over these providers.
pub fn built_in(providers: &[Arc<dyn AgentRuntime>]) -> BuiltIn {
    let runtimes = Runtimes::new(providers.to_vec());
    let default_options = match json!({"provider": "demo", "model": "echo", "instructions": ""}) {
        Value::Object(options) => options,
        _ => Object::new(),
    };
    let model = Arc::new(Model { runtimes });
    BuiltIn {
        registration: Registration {
            name: NAME.to_owned(),
            display_name: "Model Agent".to_owned(),
            description: DESCRIPTION.to_owned(),
            default_options,
            functions: Vec::new(),
        },
        runtime: Arc::clone(&model) as Arc<dyn AgentRuntime>,
        rules: model,
    }
}

impl Model {
    fn text<'a>(options: &'a Object, name: &str) -> &'a str {
        options
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

#[async_trait]
impl AgentRuntime for Model {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: NAME.to_owned(),
            name: "Model Agent".to_owned(),
            models: Vec::new(),
            default_model: String::new(),
            usable: true,
        }
    }

    async fn call(&self, call: &Call, deltas: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let provider = Self::text(&call.options, "provider");
        let model = Some(Self::text(&call.options, "model"));
        let chosen = self.runtimes.choose(provider, model, &["provider"]);
        let (_, model) = chosen.map_err(|error| CallError::Permanent {
            message: format!("provider `{provider}`: {error}"),
        })?;
        let Some((_, runtime)) = self.runtimes.get(provider) else {
            return Err(CallError::Permanent {
                message: format!("there is no provider `{provider}`"),
            });
        };
        let own = Self::text(&call.options, "instructions");
        let instructions = [own, call.instructions.as_deref().unwrap_or_default()];
        let instructions: Vec<&str> = instructions
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        let call = Call {
            model,
            instructions: (!instructions.is_empty()).then(|| instructions.join("\n\n")),
            // A model has no use for secrets.
            credentials: Vec::new(),
            options: Object::new(),
            ..call.clone()
        };
        runtime.call(&call, deltas).await
    }
}

impl Rules for Model {
    fn validate(&self, options: &Object) -> Result<(), Vec<FieldError>> {
        let mut problems = Vec::new();
        let provider = Self::text(options, "provider");
        if self.runtimes.get(provider).is_none() {
            let known: Vec<&str> = self
                .runtimes
                .usable()
                .map(|info| info.id.as_str())
                .collect();
            let message = format!("must be one of {}", known.join(", "));
            problems.push(FieldError::value(&["provider"], message, provider.into()));
        }
        for name in ["model", "instructions"] {
            let is_text = options
                .get(name)
                .is_none_or(|value| value.is_null() || value.is_string());
            if !is_text || Self::text(options, name).chars().count() > INSTRUCTIONS_MAX {
                let message = format!("must be a text of at most {INSTRUCTIONS_MAX} characters");
                problems.push(FieldError::value(&[name], message, Value::Null));
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn schedule(&self) -> Option<&str> {
        Some("never")
    }

    fn can_emit(&self) -> bool {
        true
    }
}
