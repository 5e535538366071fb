//! Lets each message through once.

use super::options::{Faults, Options, text};
use super::run::{Run, emits};
use super::{About, Builtin};
use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct DeDuplication;

/// So many are remembered at the most.
const MOST: usize = 10_000;
/// Longer texts are remembered by their digest, in bytes.
const LONGEST: usize = 64;
/// How many it looks back to, where nothing is said.
const LOOKBACK: i64 = 100;

const DESCRIPTION: &str = "\
Emits a message that it receives, unless it is like one that it has seen.

* `property`: a template that says what makes a message what it is, such as `{{id}}`. If it is empty, the whole \
message counts.
* `lookback`: how many messages it compares with; `0` for as many as it can remember, which is 10,000.";

#[async_trait]
impl Builtin for DeDuplication {
    fn about(&self) -> About {
        About {
            name: "DeDuplicationAgent",
            display_name: "De Duplication Agent",
            description: DESCRIPTION,
            default_options: || json!({"property": "{{value}}", "lookback": 100, "expected_update_period_in_days": 1}),
            default_schedule: "never",
            can_check: false,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        let lookback = options.whole("lookback");
        if options.is_set("lookback") && lookback.is_none_or(|count| count < 0) {
            faults.of(options, "lookback", "must be a whole number, 0 or more");
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let property = if run.options().is_set("property") {
            text(&run.filled("property")?)
        } else {
            sorted(&Value::Object(run.payload())).to_string()
        };
        let property = short(property);
        let mut known = match run.call.memory.get("properties") {
            Some(Value::Array(known)) => known.clone(),
            _ => Vec::new(),
        };
        if known.iter().any(|known| *known == *property) {
            return Ok(Outcome {
                logs: vec!["The message is like one before and was not emitted.".into()],
                ..Outcome::default()
            });
        }
        known.push(property.into());
        let most = run.options().whole("lookback").unwrap_or(LOOKBACK);
        let most = usize::try_from(most)
            .ok()
            .filter(|most| *most > 0)
            .unwrap_or(MOST)
            .min(MOST);
        let old = known.len().saturating_sub(most);
        known.drain(..old);
        let mut memory = run.call.memory.clone();
        memory.insert("properties".into(), known.into());
        Ok(Outcome {
            memory: Some(memory),
            ..emits(run.payload())
        })
    }
}

fn short(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    format!("sha256:{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// The same value with its members in the order of their names.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(sorted).collect(),
        Value::Object(object) => {
            let members: BTreeMap<_, _> = object.iter().collect();
            let members = members
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(members.collect::<Object>())
        }
        other => other.clone(),
    }
}
