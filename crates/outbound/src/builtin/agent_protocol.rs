//! Lets an agent behind another server of the Agent Protocol do the work.

use super::options::{Faults, Options};
use super::run::{Run, permanent};
use super::{About, Builtin};
use crate::outgoing::{Outgoing, Trust};
use crate::peer::Peer;
use async_trait::async_trait;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use switchboard_domain::nouns::Outcome;
use switchboard_domain::ports::{CallError, Clock};

pub(super) struct AgentProtocol {
    outgoing: Outgoing,
    clock: Arc<dyn Clock>,
}

/// How long a step may take, in seconds, if nothing is said, and at most.
const USUAL_S: i64 = 300;
const LONGEST_S: i64 = 3600;

const DESCRIPTION: &str = "\
Lets an agent behind another server of the [Agent Protocol](https://agentprotocol.ai) do the work. Each message that it \
receives is a step over there, with the payload as `additional_input` and its member `prompt`, `text`, `message` or \
`content` as `input`; and so are a text in a conversation and a step of a task. What the step gives is emitted as \
`{\"message\", \"additional_output\", \"artifacts\", \"is_last\"}`. The steps go on in one task of the other server's until one \
is its last; then the next begins a new task.

* `url`: the other server's base URL, as its other clients are given it. It must be public; the operator can allow others.
* `credential`: the name of the credential with the token that is shown to it, if it wants one.
* `input`: what it is told on a schedule.
* `timeout_s`: how many seconds a step may take, 300 if nothing is said, 3600 at most.

A server that cannot be reached is asked again for 20 seconds; then the message is tried again as others are. A Switchboard \
does each step once all the same, by the header `Idempotency-Key`.";

impl AgentProtocol {
    pub(super) fn new(outgoing: Outgoing, clock: &Arc<dyn Clock>) -> Self {
        Self {
            outgoing,
            clock: Arc::clone(clock),
        }
    }
}

#[async_trait]
impl Builtin for AgentProtocol {
    fn about(&self) -> About {
        About {
            name: "AgentProtocolAgent",
            display_name: "Agent Protocol Agent",
            description: DESCRIPTION,
            default_options: || json!({"url": "https://example.com", "timeout_s": "300"}),
            default_schedule: "never",
            can_check: true,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        faults.require(options, "url");
        if options.is_set("url")
            && let Err(reason) = self.outgoing.check(&options.text("url"), Trust::User)
        {
            faults.of(options, "url", &reason.to_string());
        }
        for name in ["credential", "input"] {
            if options.is_set(name) && !options.get(name).is_string() {
                faults.of(options, name, "must be a text");
            }
        }
        if options.is_set("timeout_s") && limit(options).is_none() {
            let message = format!("must be a number of seconds from 1 to {LONGEST_S}");
            faults.of(options, "timeout_s", &message);
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let (options, url) = (run.options(), run.options().text("url"));
        let peer = Peer::new(&self.outgoing, &self.clock, &url, Trust::User)
            .map_err(|reason| permanent(format!("the other server was not asked: {reason}")))?;
        let name = options.text("credential");
        let token = if name.is_empty() {
            None
        } else {
            let mut granted = run.call.credentials.iter();
            let granted = granted.find(|granted| granted.name == name);
            let granted = granted.ok_or_else(|| {
                permanent(format!(
                    "the agent was granted no credential called {name:?}"
                ))
            })?;
            Some(granted.value.clone())
        };
        let input = options.text("input");
        let check = options.is_set("input").then_some(input.as_str());
        let limit = limit(options).unwrap_or(USUAL_S);
        let limit = Duration::from_secs(limit.unsigned_abs());
        peer.with_token(token).call(run.call, check, limit).await
    }
}

fn limit(options: Options<'_>) -> Option<i64> {
    options
        .whole("timeout_s")
        .filter(|seconds| (1..=LONGEST_S).contains(seconds))
}
