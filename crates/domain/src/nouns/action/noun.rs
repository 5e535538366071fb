//! An action, where it came from, and who let it through.

use super::{ActionState, Function, json};
use crate::{
    Timestamp,
    ids::{ActionId, AgentId, GrantId, SessionId, StepId, TaskId, Username},
    nouns::{Autonomy, ClientCapabilities, Object, Place},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where an action came from, and where its result goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Origin {
    /// A step of a task.
    Task {
        /// The task.
        task: TaskId,
        /// The step.
        step: StepId,
        /// Whether the step waits for the result.
        waits: bool,
    },
    /// A turn in a session.
    Session {
        /// The session.
        session: SessionId,
        /// The place of the agent.
        place: usize,
        /// How often in a row the agent was called with results before.
        #[serde(default)]
        round: u32,
    },
    /// An agent in workflows.
    Workflow {
        /// The agent.
        agent: AgentId,
        /// How often in a row the agent was told of its own proposals before.
        #[serde(default)]
        round: u32,
    },
}

impl Origin {
    /// What all actions of a task, a session or an agent have in common.
    pub fn source(&self) -> String {
        match self {
            Self::Task { task, .. } => task.to_string(),
            Self::Session { session, .. } => session.to_string(),
            Self::Workflow { agent, .. } => agent.to_string(),
        }
    }
}

/// What a client said with a request about what it can do and what may be done without asking. It holds
/// for what the request begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    /// What the client can, prefers and demands to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<ClientCapabilities>,
    /// What the run may do without asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomy: Option<Autonomy>,
}

impl Said {
    /// Whether it said nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Who let an action through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approver {
    /// A person.
    Person(Username),
    /// A rule, or the owner's own definition of the function.
    Rule,
    /// A standing grant.
    Grant(GrantId),
}

/// That an action may be done, with just these arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who said so.
    pub by: Approver,
    /// The digest of what was approved.
    pub digest: String,
    /// When.
    pub at: Timestamp,
}

/// Who runs an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Who, as the trail names them.
    pub by: String,
    /// Until when nothing need be heard of them.
    pub until: Timestamp,
}

/// A proposal by an agent to call one function with given arguments, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The id.
    pub id: ActionId,
    /// On whose behalf.
    pub owner: Username,
    /// The agent that proposed it, by the text form of its id.
    pub agent: String,
    /// The function, as it was defined then.
    pub function: Box<Function>,
    /// What headers, claims and grants know it by.
    pub capability: String,
    /// Where it is run.
    pub at: Place,
    /// The arguments.
    pub arguments: Object,
    /// The account that is used, once there is one.
    pub account: Option<String>,
    /// The hash of all that decides what is done.
    pub digest: String,
    /// Where it stands.
    pub state: ActionState,
    /// Where it came from.
    pub origin: Origin,
    /// The source of the origin.
    pub source: String,
    /// That it may be done.
    pub approval: Option<Approval>,
    /// How to connect the account that it lacks.
    pub auth: Option<Object>,
    /// The number of the newest claim; it only grows.
    pub lease: i64,
    /// Who runs it.
    pub holder: Option<Holder>,
    /// What came of it.
    pub output: Option<Value>,
    /// Why it was not done.
    pub error: Option<String>,
    /// The one with other arguments that took its place.
    pub superseded_by: Option<ActionId>,
    /// The number of the step that was told what became of it.
    pub told: Option<i64>,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// When it expires, unless it is run before.
    pub expires_at: Timestamp,
    /// When something is to be done about it by itself.
    pub due_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
}

impl Action {
    /// The digest of what would be done.
    ///
    /// # Errors
    /// In words, when it cannot be written.
    pub fn fresh_digest(&self) -> Result<String, String> {
        json::digest(&json!({
            "owner": self.owner,
            "agent": self.agent,
            "id": self.id,
            "name": self.function.name,
            "arguments": self.arguments,
            "at": self.at,
            "function": self.function,
            "account": self.account,
        }))
    }
}
