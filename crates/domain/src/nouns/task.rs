//! Tasks, which an agent works on step by step, and the files that belong to them.

use crate::{
    Timestamp,
    ids::{ArtifactId, LaneId, StepId, StreamId, TaskId, Username},
    nouns::{Action, Object},
};
use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// It takes steps.
    Open,
    /// Its last step is done.
    Completed,
    /// It was cancelled.
    Cancelled,
    /// It was deleted, and what belongs to it is being removed.
    Deleted,
}

/// Something that a user wants an agent to do. The record changes when its agent proposes
/// its first action and when the task ends, and not between: whoever read it may rely on it, and guards it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The id.
    pub id: TaskId,
    /// Whose it is.
    pub owner: Username,
    /// The agent: the text form of a registered agent's id, or a provider, with a model behind a colon.
    pub agent: String,
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the client gave besides.
    pub additional_input: Object,
    /// Where it stands.
    pub state: TaskState,
    /// The number of its last step, once that is done.
    pub last: Option<i64>,
    /// Whether its agent ever proposed an action.
    #[serde(default)]
    pub acts: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Task {
    /// The lane in which its steps wait.
    pub fn lane(&self) -> LaneId {
        LaneId::task(&self.id)
    }

    /// The stream of all that happened to it.
    pub fn stream(&self) -> StreamId {
        StreamId::task(&self.id)
    }

    /// Whether it takes steps.
    pub fn is_open(&self) -> bool {
        self.state == TaskState::Open
    }
}

/// A step that was done. What it was asked stands in the task's stream, too, from the moment when it
/// was accepted; the record is there once it is done, and never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The id: the task's, and the number under which the step was accepted.
    pub id: StepId,
    /// The task.
    pub task: TaskId,
    /// Which of the task's steps it is, from 1.
    pub place: i64,
    /// What is to be done, in words.
    pub input: Option<String>,
    /// What the client gave besides.
    pub additional_input: Object,
    /// What came of it.
    pub result: StepResult,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it was done.
    pub modified_at: Timestamp,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StepResult {
    /// What the agent did, in a few words.
    pub name: Option<String>,
    /// What it says.
    pub output: Option<String>,
    /// What it gave besides: logs, errors, what was used.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub additional_output: Object,
    /// The functions that it proposes to call, as they stood when the step was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Action>,
    /// The files that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// Whether nothing comes after it.
    pub is_last: bool,
}

/// A file that belongs to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The id.
    pub id: ArtifactId,
    /// The task.
    pub task: TaskId,
    /// Whether the agent made it.
    pub agent_created: bool,
    /// Its name, as it was given. Never used as a path.
    pub file_name: String,
    /// The folder in the agent's workspace, as it was given. Never used as a path.
    pub relative_path: Option<String>,
    /// The type that was given.
    pub content_type: Option<String>,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub hash: String,
    /// How many bytes it has.
    pub size: i64,
    /// When it came.
    pub created_at: Timestamp,
}

/// A content that artifacts have, under its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// The SHA-256, in hexadecimal digits.
    pub id: String,
    /// How many bytes it has.
    pub size: i64,
    /// How many artifacts have it.
    pub used: i64,
    /// Whether it is being removed: nobody may use it any more.
    pub is_going: bool,
}
