//! The nouns, one module each. All are plain values: they hold rules about themselves and do no I/O.

mod agent;
mod call;
mod delegation;
mod delivery;
mod event;
mod meter;
mod principal;
pub mod schedule;
mod session;
mod task;
mod user;
mod workflow;
pub mod workflow_file;

pub use agent::{Agent, InteractionMode, Sharing};
pub use call::{
    Call, Control, Function, GrantedCredential, History, Message, NewArtifact, NewContent, Outcome,
    ProposedAction, Received, Reply, Source, StepCall, Turn, TurnRole, Usage, Why,
};
pub use delegation::{DEPTH_MAX, Delegation};
pub use delivery::{AgentErrand, ChatTurn, Claimed, DeadDelivery, Delivery, Lane, Lease, Work};
pub use event::{
    Event, FailureCode, LogLevel, Notice, Position, Recorded, Response, StopReason, Text,
};
pub use meter::Meter;
pub use principal::{Principal, Scope};
pub use schedule::{CatchUp, Overlap, Schedule, When, Zone};
pub use session::{Session, SessionAgent, SessionKind, SessionStatus};
pub use task::{Artifact, Blob, Step, StepResult, Task, TaskState};
pub use user::{ApiToken, Hidden, Lockout, Memory, Revocation, Role, Secret, Stream, User};
pub use workflow::{
    Activity, AgentUrl, Credential, DueCheck, FailureOrder, Grants, Links, RetryDelay, RetryPolicy,
    Wallet, Workflow, WorkflowAgent,
};
pub use workflow_file::{BadWorkflowFile, FileAgent, WorkflowFile};

/// A JSON object, as clients and agents give it.
pub type Object = serde_json::Map<String, serde_json::Value>;
