//! The agents that come with the server, so that a workflow needs no code for the common things. The
//! names of their options are those of `ActiveWorkflow`.

mod agent_protocol;
mod commander;
mod data_output;
mod de_duplication;
mod digest;
pub(crate) mod fetch;
mod http_status;
mod manual_message;
mod message_formatting;
mod options;
mod path;
mod post;
mod run;
mod secret;
mod trigger;
mod webhook;
mod xml;

pub use data_output::{Feed, FeedFormat, FeedRequest, feed};
pub use manual_message::manual_messages;
pub use webhook::{WebhookAnswer, WebhookRequest, webhook};

use crate::Outgoing;
use crate::liquid;
use crate::mapping;
use crate::measured::Watch;
use async_trait::async_trait;
use options::{Faults, Options};
use run::Run;
use serde_json::Value;
use std::sync::Arc;
use switchboard_domain::error::FieldError;
use switchboard_domain::nouns::{Call, Object, Outcome, Why};
use switchboard_domain::ports::{AgentRuntime, CallError, Clock, DeltaSink, ProviderInfo};

/// What a type of agent says about itself.
pub(crate) struct About {
    name: &'static str,
    display_name: &'static str,
    description: &'static str,
    default_options: fn() -> Value,
    default_schedule: &'static str,
    can_check: bool,
    can_receive: bool,
    can_emit: bool,
}

/// One type of built-in agent.
#[async_trait]
trait Builtin: Send + Sync {
    fn about(&self) -> About;

    /// Tells what is wrong with options. Their templates, and the options that all agents have, were
    /// looked at before.
    fn check(&self, options: Options<'_>, faults: &mut Faults);

    /// Receives a message, or checks. The options are good.
    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError>;
}

/// A type of built-in agent, as an agent that can be called.
pub struct BuiltinType {
    /// Its name, in camel case and without `Agents::`.
    pub name: &'static str,
    /// Its name for people.
    pub display_name: &'static str,
    /// What it does and what its options mean, in Markdown.
    pub description: &'static str,
    /// The options that an agent of this type begins with.
    pub default_options: Object,
    /// The schedule that an agent of this type begins with.
    pub default_schedule: &'static str,
    /// Whether it does something on a schedule.
    pub can_check: bool,
    /// Whether it receives messages.
    pub can_receive: bool,
    /// Whether it emits messages.
    pub can_emit: bool,
    agent: Box<dyn Builtin>,
    clock: Arc<dyn Clock>,
    measured_as: Arc<str>,
}

/// All built-in types, by name. Their requests go by `outgoing`, as those of users.
pub fn builtin_types(outgoing: &Outgoing, clock: &Arc<dyn Clock>) -> Vec<BuiltinType> {
    let outgoing = || outgoing.clone();
    let agents: [Box<dyn Builtin>; 11] = [
        Box::new(agent_protocol::AgentProtocol::new(outgoing(), clock)),
        Box::new(commander::Commander),
        Box::new(data_output::DataOutput(outgoing())),
        Box::new(de_duplication::DeDuplication),
        Box::new(digest::Digest),
        Box::new(http_status::HttpStatus(outgoing())),
        Box::new(manual_message::ManualMessage),
        Box::new(message_formatting::MessageFormatting),
        Box::new(post::Post(outgoing())),
        Box::new(trigger::Trigger),
        Box::new(webhook::Webhook),
    ];
    agents
        .into_iter()
        .map(|agent| BuiltinType::new(agent, clock))
        .collect()
}

impl BuiltinType {
    fn new(agent: Box<dyn Builtin>, clock: &Arc<dyn Clock>) -> Self {
        let about = agent.about();
        let default_options = match (about.default_options)() {
            Value::Object(options) => options,
            _ => Object::new(),
        };
        Self {
            name: about.name,
            display_name: about.display_name,
            description: about.description,
            default_options,
            default_schedule: about.default_schedule,
            can_check: about.can_check,
            can_receive: about.can_receive,
            can_emit: about.can_emit,
            agent,
            clock: Arc::clone(clock),
            measured_as: "builtin".into(),
        }
    }

    /// Whether an agent of this type can work with these options.
    ///
    /// # Errors
    /// All that is wrong, with the path to each option. What a template will make is not known yet.
    pub fn validate(&self, options: &Object) -> Result<(), Vec<FieldError>> {
        let mut faults = Faults::default();
        for (name, value) in options {
            if let Err(error) = liquid::check(value) {
                faults.add(&[name], error.to_string(), value);
            }
        }
        let options = Options(options);
        for name in [
            "expected_update_period_in_days",
            "expected_receive_period_in_days",
        ] {
            if options.is_set(name) && options.days(name).is_none() {
                faults.of(options, name, "must be a number of days above 0");
            }
        }
        self.agent.check(options, &mut faults);
        faults.result()
    }

    async fn outcome(&self, call: &Call) -> Result<Outcome, CallError> {
        let (allowed, what) = match call.why {
            Why::Check => (self.can_check, "does nothing on a schedule"),
            _ => (self.can_receive, "receives no messages"),
        };
        if !allowed {
            return Err(run::permanent(format!("a {} {what}", self.display_name)));
        }
        if let Err(faults) = self.validate(&call.options) {
            return Err(run::permanent(options::sentence(&faults)));
        }
        let outcome = self.agent.run(&Run::of(call, &*self.clock)).await?;
        match call.why {
            Why::Message(_) | Why::Step(_) => Ok(mapping::spoken(outcome)),
            Why::Receive(_) | Why::Check => Ok(outcome),
        }
    }
}

#[async_trait]
impl AgentRuntime for BuiltinType {
    fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: self.name.into(),
            name: self.display_name.into(),
            models: Vec::new(),
            default_model: String::new(),
            usable: true,
        }
    }

    async fn call(&self, call: &Call, _: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let watch = Watch::begin(&self.measured_as, &self.clock, call.attempt);
        watch.end(self.outcome(call).await)
    }
}
