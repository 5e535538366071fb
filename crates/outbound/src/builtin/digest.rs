//! Collects messages and emits them as one.

use super::options::{Faults, Options};
use super::run::Run;
use super::{About, Builtin};
use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct Digest;

/// More messages than these are not collected before they are emitted, so that its memory stays small.
const MOST: usize = 1000;
/// The same in bytes of JSON.
const LARGEST: usize = 1 << 20;

const DESCRIPTION: &str = "\
Collects the messages that it receives, and emits them as one on its schedule. The emitted message has the list \
`messages`, and the text `message`.

* `message`: a template for the text. `{{ messages | map: 'title' | join: ', ' }}` names what was collected.
* `retained_messages`: `0` forgets the messages once they were emitted. A larger number keeps the newest of them, so \
that they are emitted again, up to 999.

It also emits what it has once that is 1,000 messages or 1 MiB.";

#[async_trait]
impl Builtin for Digest {
    fn about(&self) -> About {
        About {
            name: "DigestAgent",
            display_name: "Digest Agent",
            description: DESCRIPTION,
            default_options: || {
                json!({
                    "expected_receive_period_in_days": "2",
                    "message": "{{ messages | map: 'message' | join: ',' }}",
                    "retained_messages": "0",
                })
            },
            default_schedule: "6h",
            can_check: true,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        let retained = options.whole("retained_messages");
        if options.is_set("retained_messages") && !retained.is_some_and(|n| (0..1000).contains(&n))
        {
            faults.of(
                options,
                "retained_messages",
                "must be a whole number from 0 to 999",
            );
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let mut queue = match run.call.memory.get("queue") {
            Some(Value::Array(queue)) => queue.clone(),
            _ => Vec::new(),
        };
        let retained = run.options().whole("retained_messages").unwrap_or(0);
        let retained = usize::try_from(retained).unwrap_or(0);
        let Some(message) = &run.message else {
            if queue.is_empty() {
                return Ok(Outcome::default());
            }
            return emitted(run, queue, retained);
        };
        queue.push(Value::Object(message.payload.clone().into_owned()));
        if retained > 0 {
            let old = queue.len().saturating_sub(retained);
            queue.drain(..old);
        } else if queue.len() >= MOST || size(&queue) >= LARGEST {
            let mut outcome = emitted(run, queue, 0)?;
            outcome
                .logs
                .push("There was no room for more, so it was emitted early.".into());
            return Ok(outcome);
        }
        Ok(Outcome {
            memory: Some(remembering(run, queue)),
            ..Outcome::default()
        })
    }
}

/// Emits what was collected.
fn emitted(run: &Run<'_>, queue: Vec<Value>, retained: usize) -> Result<Outcome, CallError> {
    let mut payload = Object::from_iter([("messages".to_owned(), Value::Array(queue.clone()))]);
    let message = run.fill(run.options().get("message"), &[&payload])?;
    payload.insert("message".into(), message);
    let kept = if retained > 0 { queue } else { Vec::new() };
    Ok(Outcome {
        messages: vec![payload],
        memory: Some(remembering(run, kept)),
        ..Outcome::default()
    })
}

fn remembering(run: &Run<'_>, queue: Vec<Value>) -> Object {
    let mut memory = run.call.memory.clone();
    memory.insert("queue".into(), queue.into());
    memory
}

fn size(queue: &[Value]) -> usize {
    queue.iter().map(|value| value.to_string().len()).sum()
}
