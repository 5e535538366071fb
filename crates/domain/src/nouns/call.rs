//! The one idea: an agent is anything that turns a call into an outcome.

use crate::{
    Timestamp,
    ids::{AgentId, StepId, TaskId},
    nouns::{Delegation, Function, Object},
    ports::Elsewhere,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fmt,
    ops::Deref,
    sync::{Arc, LazyLock},
};

/// What an agent is asked, whatever kind it is and whichever door it came by.
#[derive(Debug, Clone)]
pub struct Call {
    /// The delivery's name: the same over retries, so that an agent can tell a repeat.
    pub id: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Why it is called.
    pub why: Why,
    /// The provider's model, or the agent's type.
    pub model: String,
    /// The agent's instructions.
    pub instructions: Option<String>,
    /// The agent's configuration.
    pub options: Object,
    /// What it remembers in this lane.
    pub memory: Object,
    /// What was said before, oldest first, without the message that it is to answer.
    pub history: History,
    /// The credentials that it was granted, and no others.
    pub credentials: Vec<GrantedCredential>,
    /// Functions that it may propose to call.
    pub functions: Vec<Function>,
    /// How many tokens it may answer with, if that is limited.
    pub max_output_tokens: Option<u32>,
    /// The servers that the call came through, with this one: for an agent that passes it on.
    pub delegation: Delegation,
}

/// Why an agent is called.
#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// Somebody said something to it.
    Message(Message),
    /// An agent that is linked to it emitted a message.
    Receive(Received),
    /// Its schedule is due.
    Check,
    /// A task wants its next step.
    Step(StepCall),
}

/// A step of a task, as the agent is asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCall {
    /// The task.
    pub task: TaskId,
    /// The step.
    pub step: StepId,
    /// What the step is to do, in words; for the first step without words, what the task is to do.
    pub input: Option<String>,
    /// What the client gave besides, in the same way.
    pub additional_input: Object,
    /// Whether the step has no words of its own.
    pub is_by_itself: bool,
    /// The same, as a message that is to be answered.
    pub message: Message,
}

/// What an agent is to answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Message {
    /// Who says it, in words that a model can use.
    pub sender: String,
    /// What.
    pub content: String,
    /// Data that travels with it.
    pub structured: Option<Object>,
}

/// A message that one agent of a workflow emitted and another receives.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The id of the message, which is the same for all its receivers.
    pub id: i64,
    /// The agent that emitted it.
    pub agent: AgentId,
    /// The number of the user whose agents these are.
    pub user: i64,
    /// What it says.
    pub payload: Object,
    /// When it was emitted. A message never changes, so this is also when it was last updated.
    pub created_at: Timestamp,
    /// When it will be purged, if ever.
    pub expires_at: Option<Timestamp>,
}

/// The members of a payload that are its text, best first.
const TEXTS: [&str; 4] = ["prompt", "text", "message", "content"];

impl Received {
    /// The payload in words, for a model: its text if it has one, else all of it as JSON.
    pub fn prompt(&self) -> String {
        let text = TEXTS
            .iter()
            .find_map(|name| self.payload.get(*name).and_then(Value::as_str));
        text.map_or_else(
            || Value::Object(self.payload.clone()).to_string(),
            str::to_owned,
        )
    }
}

/// A user's secret, for an agent that was granted it.
#[derive(Debug, Clone)]
pub struct GrantedCredential {
    /// The name under which the user stored it.
    pub name: String,
    /// The secret.
    pub value: SecretString,
}

/// Whose turn a piece of the history was, seen from the agent that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnRole {
    /// Somebody else's.
    Other,
    /// The agent's own.
    Own,
}

/// A piece of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub role: TurnRole,
    /// What was said.
    pub content: String,
}

/// What was said before. It is put together when somebody looks at it, which not every agent does.
#[derive(Clone)]
pub struct History(Arc<LazyLock<Vec<Turn>, Recall>>);

type Recall = Box<dyn FnOnce() -> Vec<Turn> + Send>;

impl History {
    /// What `recall` gives, once it is looked at.
    pub fn lazy(recall: impl FnOnce() -> Vec<Turn> + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(recall))))
    }
}

impl Default for History {
    fn default() -> Self {
        Self::lazy(Vec::new)
    }
}

impl From<Vec<Turn>> for History {
    fn from(turns: Vec<Turn>) -> Self {
        Self::lazy(|| turns)
    }
}

impl Deref for History {
    type Target = [Turn];

    fn deref(&self) -> &[Turn] {
        &self.0
    }
}

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// What an agent gives back. All of it is stored in one transaction with the acknowledgement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// What was done, in a few words.
    pub name: Option<String>,
    /// Answers to whoever asked.
    pub replies: Vec<Reply>,
    /// Payloads for linked agents.
    pub messages: Vec<Object>,
    /// What is to be done to the agents that it controls, one after another.
    pub controls: Vec<Control>,
    /// The new memory; none keeps the old.
    pub memory: Option<Object>,
    /// Log lines.
    pub logs: Vec<String>,
    /// Errors that the agent reports; the call still counts as done.
    pub errors: Vec<String>,
    /// Functions that it proposes to call.
    pub actions: Vec<ProposedAction>,
    /// What was used.
    pub usage: Option<Usage>,
    /// Files that it made.
    pub artifacts: Vec<NewArtifact>,
    /// What it gives besides, for whoever asked for a step.
    pub additional_output: Object,
    /// Whether the agent says that the goal is reached.
    pub done: bool,
    /// Whether the agent says that it will go on when it is asked for the next step.
    pub goes_on: bool,
}

/// A file that an agent made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    /// Its name.
    pub file_name: String,
    /// The folder in its workspace.
    pub relative_path: Option<String>,
    /// The type, e.g. `text/plain`.
    pub content_type: Option<String>,
    /// What is in it.
    pub content: NewContent,
}

/// What is in a file that an agent made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewContent {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What lies on another server, and is still to be fetched.
    Elsewhere(Source),
}

/// Where a file lies that is to be fetched. Each is only equal to itself.
#[derive(Clone)]
pub struct Source(pub Arc<dyn Elsewhere>);

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Source {}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source(…)")
    }
}

/// What an agent wants done to the agents that it controls.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// Their check is run.
    Run,
    /// They are enabled.
    Enable,
    /// They are enabled; what waits for them is dropped first.
    EnableAfresh,
    /// They are disabled.
    Disable,
    /// These options are merged into theirs, member by member and deep. Grants no credentials.
    Configure(Object),
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What is said.
    pub content: String,
}

/// A function that an agent proposes to call.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedAction {
    /// The function.
    pub name: String,
    /// With which arguments.
    pub arguments: Object,
}

/// Tokens that a call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Read by the model.
    pub input_tokens: i64,
    /// Written by the model.
    pub output_tokens: i64,
}

impl Usage {
    /// Both together.
    pub const fn total(self) -> i64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}
