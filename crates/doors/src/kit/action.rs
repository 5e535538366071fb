//! Actions as clients see them, and what they say of them, whichever door they use.

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchboard_core::actions::Finished;
use switchboard_domain::nouns::{
    Action, Object,
    action::{ActionResult, Approver, IJson, Origin},
};
use utoipa::ToSchema;

/// A proposal by an agent to call one function with given arguments.
#[derive(Serialize, ToSchema)]
#[schema(as = Action)]
pub struct ActionBody {
    /// The id.
    #[schema(example = "act_0190a0b1c2d3e4f5a6b7c8d9e0f10203")]
    id: String,
    /// The function.
    #[schema(example = "send_email_gmail")]
    name: String,
    /// What it does.
    description: String,
    /// A JSON Schema (2020-12) of its arguments.
    #[schema(value_type = Object)]
    parameters: Value,
    /// The arguments.
    arguments: Object,
    /// Where it stands: `denied`, `auth_required`, `approval_required`, `ready`, `running`, `succeeded`,
    /// `failed`, `declined`, `unknown`, `rejected`, `superseded`, `expired` or `cancelled`.
    #[schema(example = "approval_required")]
    state: &'static str,
    /// Where it is run: `client`, `executor`, `server` or `internal`.
    #[schema(example = "client")]
    at: &'static str,
    /// How much harm it may do: `low`, `high` or `critical`.
    #[schema(example = "high")]
    risk: &'static str,
    /// What claims, grants and rules know it by.
    #[schema(example = "mail.send")]
    capability: String,
    /// Whether running it twice does no more than running it once.
    idempotent: bool,
    /// The hash of all that decides what is done. A decision and a result name it.
    #[schema(example = "sha-256:3b0c")]
    digest: String,
    /// The agent.
    agent_id: String,
    /// The task, if one led to it.
    #[schema(required)]
    task_id: Option<String>,
    /// The step of the task.
    #[schema(required)]
    step_id: Option<String>,
    /// The session, if one led to it.
    #[schema(required)]
    session_id: Option<String>,
    /// How to connect the account that it lacks.
    #[schema(required)]
    auth: Option<Object>,
    /// The number of the newest claim. A result names it.
    #[schema(required)]
    lease: Option<i64>,
    /// For how many seconds a claim or a heartbeat keeps it.
    #[schema(example = 30)]
    timeout_s: u32,
    /// Who let it through: `user:NAME`, `grant:ID` or `rule`.
    #[schema(required)]
    approved_by: Option<String>,
    /// What came of it.
    #[schema(required)]
    output: Option<Value>,
    /// Why it was not done.
    #[schema(required)]
    error: Option<String>,
    /// The action with other arguments that took its place.
    #[schema(required)]
    superseded_by: Option<String>,
    /// When it was proposed.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it expires, unless it is run before.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was over.
    #[schema(required, format = DateTime)]
    ended_at: Option<String>,
}

impl From<&Action> for ActionBody {
    fn from(action: &Action) -> Self {
        let function = &action.function;
        let (task, step, session) = match &action.origin {
            Origin::Task { task, step, .. } => {
                (Some(task.to_string()), Some(step.to_string()), None)
            }
            Origin::Session { session, .. } => (None, None, Some(session.to_string())),
            Origin::Workflow { .. } => (None, None, None),
        };
        let approval = action.approval.as_ref();
        Self {
            id: action.id.to_string(),
            name: function.name.clone(),
            description: function.description.clone(),
            parameters: function.parameters.clone(),
            arguments: action.arguments.clone(),
            state: action.state.as_str(),
            at: action.at.word(),
            risk: function.risk.word(),
            capability: action.capability.clone(),
            idempotent: function.idempotent,
            digest: action.digest.clone(),
            agent_id: action.agent.clone(),
            task_id: task,
            step_id: step,
            session_id: session,
            auth: action.auth.clone(),
            lease: (action.lease > 0).then_some(action.lease),
            timeout_s: function.timeout_s,
            approved_by: approval.map(|approval| match &approval.by {
                Approver::Person(name) => format!("user:{name}"),
                Approver::Grant(id) => format!("grant:{id}"),
                Approver::Rule => "rule".to_owned(),
            }),
            output: action.output.clone(),
            error: action.error.clone(),
            superseded_by: action.superseded_by.as_ref().map(ToString::to_string),
            created_at: action.created_at.to_string(),
            expires_at: action.expires_at.to_string(),
            ended_at: action.ended_at.map(|at| at.to_string()),
        }
    }
}

/// Whether it was done.
#[derive(Debug, Deserialize, ToSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ResultStatus {
    /// It was done.
    Succeeded,
    /// It was tried in vain.
    Failed,
    /// It was not tried.
    Declined,
}

/// What came of an action.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct ActionResultBody {
    /// Under which lease it was run.
    #[garde(skip)]
    lease: i64,
    /// What was run.
    #[garde(length(max = 200))]
    digest: String,
    /// Whether it was done.
    #[garde(skip)]
    status: ResultStatus,
    /// What came of it.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<Value>)]
    output: Option<IJson>,
    /// Why it was not done, in words.
    #[serde(default)]
    #[garde(inner(length(max = 10_000)))]
    error: Option<String>,
}

impl From<ActionResultBody> for Finished {
    fn from(body: ActionResultBody) -> Self {
        let why = |usual: &str| body.error.clone().unwrap_or_else(|| usual.to_owned());
        let result = match body.status {
            ResultStatus::Succeeded => {
                let output = body.output.map(|IJson(output)| output);
                ActionResult::Succeeded(output.unwrap_or(Value::Null))
            }
            ResultStatus::Failed => ActionResult::Failed(why("it failed")),
            ResultStatus::Declined => ActionResult::Declined(why("it was declined")),
        };
        Self {
            lease: body.lease,
            digest: body.digest,
            result,
        }
    }
}
