//! Tasks, steps and artifacts as the protocol shows them.

use crate::kit::action::ActionBody;
use serde::Serialize;
use serde_json::json;
use switchboard_core::tasks::{Pages, Status, StepView, TaskView};
use switchboard_domain::nouns::{Artifact, Object};
use utoipa::ToSchema;

/// A task.
#[derive(Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskBody {
    /// The id.
    #[schema(example = "task_0190a0b1c2d3e4f5a6b7c8d9e0f10203")]
    pub task_id: String,
    /// What is to be done, in words.
    #[schema(required)]
    pub input: Option<String>,
    /// What the agent was given besides.
    pub additional_input: Object,
    /// The task's files; their list has all, if there are more than a thousand.
    pub artifacts: Vec<ArtifactBody>,
    /// `created`, `running`, `completed` or `cancelled`.
    #[schema(example = "created")]
    pub status: &'static str,
    /// The agent.
    #[schema(example = "demo")]
    pub agent: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it ended, or else was made.
    #[schema(format = DateTime)]
    pub modified_at: String,
}

impl From<TaskView> for TaskBody {
    fn from(view: TaskView) -> Self {
        let task = view.task;
        Self {
            task_id: task.id.to_string(),
            input: task.input,
            additional_input: task.additional_input,
            artifacts: view.artifacts.iter().map(ArtifactBody::from).collect(),
            status: name(view.status),
            agent: task.agent,
            created_at: task.created_at.to_string(),
            modified_at: task.ended_at.unwrap_or(task.created_at).to_string(),
        }
    }
}

/// A step.
#[derive(Serialize, ToSchema)]
#[schema(as = Step)]
pub struct StepBody {
    /// The task.
    pub task_id: String,
    /// The id.
    #[schema(example = "step_0190a0b1c2d3e4f5a6b7c8d9e0f10203_2")]
    pub step_id: String,
    /// What the agent did, in a few words.
    #[schema(required)]
    pub name: Option<String>,
    /// `created`, `running` or `completed`.
    #[schema(example = "completed")]
    pub status: &'static str,
    /// What is to be done, in words.
    #[schema(required)]
    pub input: Option<String>,
    /// What the agent was given besides.
    pub additional_input: Object,
    /// What the agent says.
    #[schema(required)]
    pub output: Option<String>,
    /// What it gave besides: `logs`, `usage`, and `error` if the step failed.
    #[schema(required)]
    pub additional_output: Option<Object>,
    /// The files that it made.
    pub artifacts: Vec<ArtifactBody>,
    /// Whether this is the last step of the task.
    pub is_last: bool,
    /// The functions that the agent proposes to call. They stand in `additional_output`, too, for clients
    /// that know no other members.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub functions: Vec<ActionBody>,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it changed last.
    #[schema(format = DateTime)]
    pub modified_at: String,
}

impl From<StepView> for StepBody {
    fn from(view: StepView) -> Self {
        let result = view.result;
        let bodies = || {
            result
                .functions
                .iter()
                .map(ActionBody::from)
                .collect::<Vec<_>>()
        };
        let mut additional = result.additional_output;
        if !result.functions.is_empty() {
            additional.insert("functions".to_owned(), json!(bodies()));
        }
        Self {
            task_id: view.id.task.to_string(),
            step_id: view.id.to_string(),
            name: result.name,
            status: name(view.status),
            input: view.input,
            additional_input: view.additional_input,
            output: result.output,
            additional_output: (!additional.is_empty()).then_some(additional),
            artifacts: result.artifacts.iter().map(ArtifactBody::from).collect(),
            is_last: result.is_last,
            functions: bodies(),
            created_at: view.created_at.to_string(),
            modified_at: view.modified_at.to_string(),
        }
    }
}

/// A file of a task.
#[derive(Serialize, ToSchema)]
#[schema(as = Artifact)]
pub struct ArtifactBody {
    /// The id.
    #[schema(example = "artifact_0190a0b1c2d3e4f5a6b7c8d9e0f10203")]
    pub artifact_id: String,
    /// Whether the agent made it.
    pub agent_created: bool,
    /// Its name, as it was given.
    #[schema(example = "main.py")]
    pub file_name: String,
    /// The folder in the agent's workspace, as it was given.
    #[schema(required, example = "python/code/")]
    pub relative_path: Option<String>,
    /// How many bytes it has.
    pub size: i64,
    /// The SHA-256 of its content.
    pub sha256: String,
    /// When it came.
    #[schema(format = DateTime)]
    pub created_at: String,
}

impl From<&Artifact> for ArtifactBody {
    fn from(artifact: &Artifact) -> Self {
        Self {
            artifact_id: artifact.id.to_string(),
            agent_created: artifact.agent_created,
            file_name: artifact.file_name.clone(),
            relative_path: artifact.relative_path.clone(),
            size: artifact.size,
            sha256: artifact.hash.clone(),
            created_at: artifact.created_at.to_string(),
        }
    }
}

/// Which page of a list this is.
#[derive(Serialize, ToSchema)]
#[schema(as = Pagination)]
pub struct PaginationBody {
    /// How many items there are.
    #[schema(example = 42)]
    pub total_items: u64,
    /// How many pages that makes.
    #[schema(example = 5)]
    pub total_pages: u64,
    /// Which page this is, from 1.
    #[schema(example = 1)]
    pub current_page: u64,
    /// How many items a page has: as asked for, and at most 1000.
    #[schema(example = 10)]
    pub page_size: u64,
}

impl PaginationBody {
    /// This page of so many items.
    pub fn new(page: Pages, total: u64) -> Self {
        Self {
            total_items: total,
            total_pages: total.div_ceil(page.size),
            current_page: page.current,
            page_size: page.size,
        }
    }
}

const fn name(status: Status) -> &'static str {
    match status {
        Status::Created => "created",
        Status::Running => "running",
        Status::Completed => "completed",
        Status::Cancelled => "cancelled",
    }
}
