//! What the server knows of types that are built in, and of no others.

use std::sync::Arc;
use switchboard_domain::{
    Timestamp,
    error::FieldError,
    nouns::Object,
    ports::{AgentRuntime, Registration},
};

/// A type of agent that is built in.
pub struct BuiltIn {
    /// What it says about itself.
    pub registration: Registration,
    /// What runs it.
    pub runtime: Arc<dyn AgentRuntime>,
    /// What else is known of it.
    pub rules: Arc<dyn Rules>,
}

/// What is known of a type that is built in.
pub trait Rules: Send + Sync {
    /// Whether an agent of this type can work with these options.
    ///
    /// # Errors
    /// All that is wrong, with the path to each option.
    fn validate(&self, options: &Object) -> Result<(), Vec<FieldError>>;

    /// The schedule that its agents begin with; none for a type that never checks.
    fn schedule(&self) -> Option<&str>;

    /// Whether its agents emit messages.
    fn can_emit(&self) -> bool;

    /// The messages that come of what somebody wrote by hand; none for a type that emits it as it is.
    fn written(&self, _: &Object, _: Timestamp) -> Option<Result<Vec<Object>, Vec<FieldError>>> {
        None
    }

    /// What an agent of this type makes of a request to its address; none for a type without one.
    fn hook(&self, _: &Object, _: &Request<'_>, _: Timestamp) -> Option<Answer> {
        None
    }

    /// What an agent with this memory shows at its address; none for a type that shows nothing.
    fn feed(&self, _: &Object, _: &Object, _: &Request<'_>, _: Timestamp) -> Option<Answer> {
        None
    }
}

/// A request to the address of an agent. Whoever knows the secret may make it.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The secret that stands in the address, decoded.
    pub secret: &'a str,
    /// The method.
    pub method: &'a str,
    /// What is asked for, by the ending of the address: `xml`, `json` or nothing.
    pub format: &'a str,
    /// The whole address.
    pub url: &'a str,
    /// The agent's name.
    pub agent: &'a str,
    /// The query, and over it the members of the body.
    pub params: Object,
}

/// What is answered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All headers. The agent's owner chose some of them, so they may not fit.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub body: String,
    /// The messages to emit.
    pub messages: Vec<Object>,
}
