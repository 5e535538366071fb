//! The nouns, one module each. All are plain values: they hold rules about themselves and do no I/O.

mod account;
pub mod action;
mod agent;
mod call;
mod capability;
mod delegation;
mod delivery;
mod event;
mod http_template;
mod meter;
mod principal;
pub mod schedule;
mod session;
mod task;
mod user;
mod workflow;
pub mod workflow_file;

pub use account::{Account, Challenge, Flow};
pub use action::{
    Action, ActionState, DefinedBy, Function, Grant, Policy, Said, TrailEntry, TrailHead,
};
pub use agent::{Agent, InteractionMode, Sharing};
pub use call::{
    Call, Control, GrantedCredential, History, Message, NewArtifact, NewContent, Outcome,
    ProposedAction, Received, Reply, Source, StepCall, Turn, TurnRole, Usage, Why,
};
pub use capability::{
    Applied, AuthKind, Autonomy, BadCapability, Capability, ClientCapabilities, Misplaced, Mode,
    Need, Offer, Pattern, Place, Reserved, Risk, ServerCapabilities, Wish, place, place_all,
};
pub use delegation::{DEPTH_MAX, Delegation};
pub use delivery::{
    AgentErrand, BegunStep, ChatTurn, Claimed, DeadDelivery, Delivery, Lane, Lease, Work,
};
pub use event::{
    Event, FailureCode, LogLevel, Notice, Position, Recorded, Response, StopReason, Text,
};
pub use http_template::{BadTemplate, HttpMethod, HttpTemplate, NoRequest, RenderedRequest};
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
