//! Agents behind another server of the Agent Protocol: a step of ours is a step of theirs, and a
//! conversation is a task of theirs, until it ends. `docs/TASKS.md` tells how it looks from outside.

mod answer;
mod ask;
mod outcome;
mod runtime;

pub use answer::{FarArtifact, FarStep, parse_step};
pub use runtime::{PeerConfig, PeerRuntime};

use crate::outgoing::{Outgoing, Refused, Trust};
use ask::{Failure, permanent};
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use switchboard_domain::nouns::{Call, Object, Outcome, TurnRole, Why};
use switchboard_domain::ports::{CallError, Clock};

/// The member of the memory that names the task that a conversation is.
const TASK: &str = "task_id";
/// How long to wait before a step that is not done is looked at again, in microseconds; doubled each
/// time.
const LOOK_FIRST: i64 = 200_000;
/// And how long at most.
const LOOK_LAST: i64 = 5_000_000;

/// Another server, or one agent of it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Peer {
    outgoing: Outgoing,
    clock: Arc<dyn Clock>,
    base: Url,
    token: Option<SecretString>,
    trust: Trust,
}

/// What a step over there is to do.
struct Asked {
    input: Option<String>,
    additional_input: Object,
    /// What a task is about that begins with this step.
    task: (Option<String>, Object),
}

impl Peer {
    /// The server at this address, which is the same as other clients of the protocol are given.
    ///
    /// # Errors
    /// [`Refused`] for an address that no request may go to.
    pub(crate) fn new(
        outgoing: &Outgoing,
        clock: &Arc<dyn Clock>,
        address: &str,
        trust: Trust,
    ) -> Result<Self, Refused> {
        let mut base = outgoing.check(address, trust)?;
        base.set_query(None);
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/');
        // Some copy more of the address than its base.
        let path = path
            .strip_suffix("/agent")
            .filter(|path| path.ends_with("/ap/v1"))
            .unwrap_or(path);
        let path = path.strip_suffix("/ap/v1").unwrap_or(path).to_owned();
        base.set_path(&path);
        Ok(Self {
            outgoing: outgoing.clone(),
            clock: Arc::clone(clock),
            base,
            token: None,
            trust,
        })
    }

    /// The same, shown this token; an empty one is none.
    pub(crate) fn with_token(mut self, token: Option<SecretString>) -> Self {
        self.token = token;
        self
    }

    /// Lets the other server do a step, and waits for it, for as long as `limit`. `check` is what it is
    /// told where nobody said anything.
    pub(crate) async fn call(
        &self,
        call: &Call,
        check: Option<&str>,
        limit: Duration,
    ) -> Result<Outcome, CallError> {
        if call.delegation.is_too_deep() {
            return Err(permanent(
                "the call was passed on too often, from server to server: delegation-loop"
                    .to_owned(),
            ));
        }
        let asked = Asked::of(call, check);
        match tokio::time::timeout(limit, self.step(call, &asked)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(CallError::Transient {
                message: format!(
                    "the other server did not do the step within {} s",
                    limit.as_secs()
                ),
                retry_after: None,
            }),
        }
    }

    async fn step(&self, call: &Call, asked: &Asked) -> Result<Outcome, CallError> {
        let known = call.memory.get(TASK).and_then(Value::as_str);
        let mut lost = None;
        let (task, step) = 'step: {
            if let Some(task) = known {
                match self.execute(task, call, asked).await {
                    Err(Failure::Missing | Failure::Over(_)) => lost = Some(task),
                    Err(Failure::Fault(_)) if self.is_lost(task, call).await => lost = Some(task),
                    step => break 'step (task.to_owned(), step?),
                }
            }
            let task = self.create(call, asked).await?;
            let step = self.execute(&task, call, asked).await?;
            (task, step)
        };
        let step = self.until_done(&task, call, step).await?;
        let mut outcome = self.outcome(&task, call, step);
        outcome.logs.extend(lost.map(|lost| {
            format!("the other server does not go on with its task {lost}; a new one was begun")
        }));
        Ok(outcome)
    }

    /// Whether the other server cannot show this task either.
    async fn is_lost(&self, task: &str, call: &Call) -> bool {
        let shown = self.get(&["tasks", task], call).await;
        matches!(shown, Err(Failure::Missing | Failure::Fault(_)))
    }

    /// Begins a task over there. Asked again for the same call, a Switchboard gives the same one.
    async fn create(&self, call: &Call, asked: &Asked) -> Result<String, Failure> {
        let (input, additional_input) = &asked.task;
        let body = json!({"input": input, "additional_input": additional_input});
        let answer = self.post(&["tasks"], call, &body).await?;
        self.read(&answer, answer::task)
    }

    async fn execute(&self, task: &str, call: &Call, asked: &Asked) -> Result<FarStep, Failure> {
        let body = json!({"input": asked.input, "additional_input": asked.additional_input});
        let answer = self.post(&["tasks", task, "steps"], call, &body).await?;
        self.read(&answer, answer::parse_step)
    }

    /// The step once it is done: some servers answer before.
    async fn until_done(
        &self,
        task: &str,
        call: &Call,
        mut step: FarStep,
    ) -> Result<FarStep, Failure> {
        let mut pause = LOOK_FIRST;
        while !step.is_done {
            let soon = self.clock.now().plus_micros(pause);
            self.clock.sleep_until(soon).await;
            let answer = self.get(&["tasks", task, "steps", &step.id], call).await?;
            step = self.read(&answer, answer::parse_step)?;
            pause = (pause * 2).min(LOOK_LAST);
        }
        Ok(step)
    }
}

impl Asked {
    fn of(call: &Call, check: Option<&str>) -> Self {
        let same = |input: Option<String>, additional_input: Object| Self {
            task: (input.clone(), additional_input.clone()),
            input,
            additional_input,
        };
        match &call.why {
            Why::Message(said) => {
                let data = said.structured.clone().unwrap_or_default();
                let mut about = data.clone();
                about.extend(background(call));
                Self {
                    task: (Some(said.content.clone()), about),
                    ..same(Some(said.content.clone()), data)
                }
            }
            Why::Step(step) => Self {
                input: step.input.clone().filter(|_| !step.is_by_itself),
                ..same(step.input.clone(), step.additional_input.clone())
            },
            Why::Receive(received) => same(Some(received.prompt()), received.payload.clone()),
            Why::Check => same(check.map(str::to_owned), Object::new()),
        }
    }
}

/// What an agent has to know that joins a conversation: each task over there begins with it.
fn background(call: &Call) -> Object {
    let turns = call.history.iter().map(|turn| {
        let role = match turn.role {
            TurnRole::Own => "assistant",
            TurnRole::Other => "user",
        };
        json!({"role": role, "content": turn.content})
    });
    let turns: Vec<Value> = turns.collect();
    let instructions = call.instructions.clone().filter(|text| !text.is_empty());
    let members = [
        ("instructions", instructions.map(Value::from)),
        ("history", (!turns.is_empty()).then(|| turns.into())),
    ];
    let members = members.into_iter();
    members
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

#[cfg(test)]
mod tests;
