//! Messages that somebody writes by hand.

use super::options::{Faults, Options};
use super::run::{Run, permanent};
use super::{About, Builtin};
use crate::liquid::{self, Scope, Work};
use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard_domain::Timestamp;
use switchboard_domain::error::FieldError;
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct ManualMessage;

const DESCRIPTION: &str = "\
Emits the messages that you write by hand, to try a workflow out or to start it.

It has no options. Link it to other agents, then write a message on its page or send one through the API. A \
message is a JSON object. An object whose only member is `payloads`, a list of objects, emits each of them.";

#[async_trait]
impl Builtin for ManualMessage {
    fn about(&self) -> About {
        About {
            name: "ManualMessageAgent",
            display_name: "Manual Message Agent",
            description: DESCRIPTION,
            default_options: || json!({"no options": "are needed"}),
            default_schedule: "never",
            can_check: false,
            can_receive: false,
            can_emit: true,
        }
    }

    fn check(&self, _: Options<'_>, _: &mut Faults) {}

    async fn run(&self, _: &Run<'_>) -> Result<Outcome, CallError> {
        Err(permanent("it emits only what is written by hand".into()))
    }
}

/// The messages that somebody writes by hand, with their templates filled: the object itself, or each
/// in its list `payloads`.
///
/// # Errors
/// What is wrong with them.
pub fn manual_messages(written: &Object, now: Timestamp) -> Result<Vec<Object>, Vec<FieldError>> {
    let scope = Scope {
        layers: Vec::new(),
        credentials: &[],
        now,
        work: &Work::default(),
    };
    let filled = liquid::fill_object(written, &scope).map_err(|error| {
        vec![FieldError::value(
            &["payload"],
            error.to_string(),
            Value::Null,
        )]
    })?;
    let Some(payloads) = filled.get("payloads") else {
        return Ok(vec![filled]);
    };
    let fault = |message| {
        vec![FieldError::value(
            &["payload", "payloads"],
            message,
            payloads.clone(),
        )]
    };
    if filled.len() > 1 {
        return Err(fault("must be the only member, where it is given"));
    }
    let list = match payloads {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let objects = list.iter().map(|payload| payload.as_object().cloned());
    let objects: Option<Vec<Object>> = objects.collect();
    objects.ok_or_else(|| fault("must be a list of objects"))
}
