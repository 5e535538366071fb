//! Liquid, the language of templates in the options of agents, as far as workflows use it.
//!
//! Templates and the messages that they are filled with come from users and from anybody who can send
//! to a webhook, so all is bounded: the size of a template and of its output, how deep it may be, and
//! the work that it may cause. Work is counted in steps and not in time, so that a template that works
//! once works always. Nothing is read from files or the network. As in Liquid, what is missing is
//! empty and no error. Errors name tags and filters, and never values: those may be secret.

mod budget;
mod compare;
mod filters;
mod parse;
mod render;
mod scan;
mod tree;

pub(crate) use budget::Work;
pub(crate) use compare::number_of;
pub(crate) use filters::{pattern, time_of};
pub(crate) use render::Scope;

use budget::Budget;
use serde_json::Value;
use switchboard_domain::nouns::Object;
use tree::Node;

/// No template is longer, in bytes.
const LONGEST: usize = 64 * 1024;

/// What is wrong with a template, or happened while it was filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LiquidError {
    #[error("the template is longer than {} KiB", LONGEST / 1024)]
    TooLong,
    #[error("the template is nested too deeply")]
    TooDeep,
    #[error("the template is wrong: {0}")]
    Syntax(String),
    #[error("the filter {filter} {reason}")]
    Filter {
        filter: &'static str,
        reason: &'static str,
    },
    #[error("the credential {0} was not granted to this agent; grant it, or name it in an option")]
    Credential(String),
    #[error("the template makes too much work; shorten its loops or its input")]
    TooMuchWork,
    #[error("the template makes more than {} KiB of text", budget::LARGEST / 1024)]
    TooMuchText,
}

/// A template that was read.
pub(crate) struct Template(Vec<Node>);

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, LiquidError> {
        if text.len() > LONGEST {
            return Err(LiquidError::TooLong);
        }
        parse::template(text).map(Self)
    }

    /// The text, or the value that the filter `as_object` was given.
    fn fill(&self, scope: &Scope<'_>, budget: &mut Budget) -> Result<Value, LiquidError> {
        render::fill(&self.0, scope, budget)
    }
}

/// Whether there is anything to fill in.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Whether all templates in these options can be read.
pub(crate) fn check(options: &Value) -> Result<(), LiquidError> {
    match options {
        Value::String(text) if is_template(text) => Template::parse(text).map(|_| ()),
        Value::Array(list) => list.iter().try_for_each(check),
        Value::Object(object) => object.values().try_for_each(check),
        _ => Ok(()),
    }
}

/// The value with all templates in it filled.
pub(crate) fn fill(options: &Value, scope: &Scope<'_>) -> Result<Value, LiquidError> {
    scope
        .work
        .within(|budget| fill_within(options, scope, budget))
}

/// The object with all templates in it filled.
pub(crate) fn fill_object(options: &Object, scope: &Scope<'_>) -> Result<Object, LiquidError> {
    scope
        .work
        .within(|budget| fill_members(options, scope, budget))
}

fn fill_members(
    object: &Object,
    scope: &Scope<'_>,
    budget: &mut Budget,
) -> Result<Object, LiquidError> {
    let members = object.iter().map(|(name, value)| {
        let value = fill_within(value, scope, budget)?;
        Ok((name.clone(), value))
    });
    members.collect()
}

fn fill_within(
    options: &Value,
    scope: &Scope<'_>,
    budget: &mut Budget,
) -> Result<Value, LiquidError> {
    match options {
        Value::String(text) if is_template(text) => {
            budget.template(text)?;
            Template::parse(text)?.fill(scope, budget)
        }
        Value::Array(list) => list
            .iter()
            .map(|value| fill_within(value, scope, budget))
            .collect(),
        Value::Object(object) => fill_members(object, scope, budget).map(Value::Object),
        other => Ok(other.clone()),
    }
}

#[cfg(test)]
mod tests;
