//! What happened: the events of the streams. An event never changes once it has its number.

use crate::{
    Timestamp,
    ids::{ApiTokenId, ConnectionId, EmittedId, MessageId, SessionId, StreamId, TaskId, Username},
    nouns::{Action, Artifact, Delegation, Object, Said, StepResult, TrailEntry},
};
use serde::{Deserialize, Serialize};

/// Where in a stream an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Its number: from 1, growing by one.
    pub no: i64,
    /// Its time, later than every earlier one of the stream.
    pub at: Timestamp,
}

/// An event with its place in its stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The stream.
    pub stream: StreamId,
    /// Where it stands.
    pub position: Position,
    /// What happened.
    pub event: Event,
}

/// What a person or a program said, or what opens a dialogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// The message.
    pub message: MessageId,
    /// Who says it.
    pub sender: String,
    /// To whom.
    pub receiver: String,
    /// What.
    pub content: String,
    /// The connection it came by, which is not shown its own text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<ConnectionId>,
    /// The sender's own name for this text; the same again is not stored twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Data that travels with the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured: Option<Object>,
    /// What the sender attached.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub metadata: Object,
}

/// What an agent answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The message.
    pub message: MessageId,
    /// The agent.
    pub sender: String,
    /// To whom it speaks.
    pub receiver: String,
    /// The whole answer.
    pub content: String,
    /// The provider that ran the agent.
    pub provider: String,
    /// The model that answered.
    pub model: String,
    /// Tokens used, input and output together, where the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// The number of the event that it answers.
    pub reply_to: i64,
    /// The message that it answers, outside of sessions: its number counts elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
}

/// Why a dialogue, or an answer in the making, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// Each agent had its turns.
    MaxTurnsReached,
    /// An agent said that the goal is reached.
    GoalAchieved,
    /// A client stopped it.
    StoppedByUser,
    /// The session holds as many messages as it may.
    MessageLimit,
    /// The session was deleted.
    SessionDeleted,
}

impl StopReason {
    /// The reason's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxTurnsReached => "max_turns_reached",
            Self::GoalAchieved => "goal_achieved",
            Self::StoppedByUser => "stopped_by_user",
            Self::MessageLimit => "message_limit",
            Self::SessionDeleted => "session_deleted",
        }
    }
}

/// What the server has to say in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The session's lifetime is over.
    SessionExpired,
    /// The session was ended to make room for a newer one of the same user.
    SessionReplaced,
    /// A budget of tokens is used up; the session pauses.
    BudgetReached,
}

/// Why a text got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FailureCode {
    /// The agent took longer than it may.
    ProcessingTimeout,
    /// The agent's provider refused or failed.
    ProviderError,
    /// The call failed too often because the server itself broke off.
    DeliveryFailed,
    /// The agent is not there any more, or may not be used here.
    AgentUnavailable,
}

/// What happened, in a session, to an agent, or to somebody's access.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody said something.
    Text(Text),
    /// An agent answered.
    Response(Response),
    /// A dialogue or an answer in the making ended.
    Stop {
        /// Why.
        reason: StopReason,
    },
    /// The server said something.
    System {
        /// What it is about.
        notice: Notice,
        /// In words.
        content: String,
    },
    /// An agent has used up its tokens for this minute and goes on later.
    Cooldown {
        /// The agent.
        agent: String,
        /// When it goes on.
        until: Timestamp,
    },
    /// A text got no answer.
    Failed {
        /// Why, for programs.
        code: FailureCode,
        /// Why, in words.
        content: String,
        /// The agent that failed.
        agent: String,
        /// The number of the event that it should have answered.
        reply_to: i64,
        /// The message that it should have answered, outside of sessions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_reply_to: Option<MessageId>,
    },
    /// A user created a session (in the user's stream).
    SessionCreated {
        /// Which.
        session: SessionId,
    },
    /// A user was disabled, or got a new password: what was issued before is void.
    AccessEnded {
        /// Who.
        user: Username,
    },
    /// A user signed out one access token, or an API token was revoked.
    TokenEnded {
        /// Whose.
        user: Username,
        /// The API token, if it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        api_token: Option<ApiTokenId>,
        /// The access token's `jti`, if it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access_token: Option<String>,
    },
    /// An agent was registered; the number of this event is its id.
    AgentRegistered {
        /// By whom.
        owner: Username,
    },
    /// An agent of a workflow emitted a message (in the stream of its messages).
    Emitted {
        /// What it says.
        payload: Object,
    },
    /// A line in the log of an agent of a workflow.
    Logged {
        /// How serious it is.
        level: LogLevel,
        /// What it says.
        text: String,
        /// The message that was received, if one was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<EmittedId>,
    },
    /// A user got a number, for protocols that show users as integers; it is the event's own.
    UserNumbered {
        /// Who.
        user: Username,
    },
    /// A task was made (in its stream).
    TaskCreated {
        /// The agent.
        agent: String,
        /// What is to be done, in words.
        input: Option<String>,
    },
    /// A user gave a task a name of their own, which is the event's.
    TaskNamed {
        /// The task.
        task: TaskId,
    },
    /// A step of a task was accepted; the number of this event is the step's.
    StepAccepted {
        /// What is to be done, in words.
        input: Option<String>,
        /// What the client gave besides.
        additional_input: Object,
        /// What the client can do, and what the run may do without asking.
        #[serde(default, skip_serializing_if = "Said::is_nothing")]
        said: Box<Said>,
        /// The servers that it came through.
        #[serde(default, skip_serializing_if = "Delegation::is_direct")]
        delegation: Delegation,
    },
    /// A step of a task is done.
    StepDone {
        /// The number of the step.
        step: i64,
        /// What came of it.
        result: Box<StepResult>,
    },
    /// A client added a file to a task.
    ArtifactAdded {
        /// The file.
        artifact: Box<Artifact>,
    },
    /// A task was cancelled.
    TaskCancelled,
    /// An action of a session needs somebody, or is over (in the session's stream).
    Acted {
        /// The action as it is then.
        action: Box<Action>,
    },
    /// Why proposals of an agent are no actions (in the session's stream), for the agent.
    NotProposed {
        /// For each one, in words.
        errors: Vec<String>,
    },
    /// Something was done about actions (in the trail of their owner).
    Trail(Box<TrailEntry>),
    /// A workflow was made; the number of this event is its id.
    WorkflowMade {
        /// By whom.
        owner: Username,
    },
}

/// How serious a line of an agent's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// What the agent had to say.
    Info,
    /// Something went wrong.
    Error,
}

impl LogLevel {
    /// The level as ActiveWorkflow counts it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Info => 3,
            Self::Error => 4,
        }
    }
}

impl Event {
    /// The event that this one answers, and with which the making of an answer is over.
    pub fn concludes(&self) -> Option<i64> {
        match self {
            Self::Response(response) => Some(response.reply_to),
            Self::Failed { reply_to, .. } => Some(*reply_to),
            _ => None,
        }
    }
}
