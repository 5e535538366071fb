//! An agent in workflows, beside what is known of every agent.

use super::RetryPolicy;
use crate::{
    Timestamp,
    ids::{AgentId, LaneId, StreamId, Username},
    nouns::{Object, Schedule},
};
use serde::{Deserialize, Serialize};

/// How an agent works in workflows. Its name is that of the [`Agent`](crate::nouns::Agent) with the
/// same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkflowAgent {
    /// The agent.
    pub id: AgentId,
    /// Whose it is. Its calls run on this user's behalf.
    pub owner: Username,
    /// The owner's number.
    pub user: i64,
    /// By what workflow files know it.
    pub guid: String,
    /// Its type, such as `Agents::WebhookAgent`. It never changes.
    pub kind: String,
    /// Its configuration.
    pub options: Object,
    /// Since when it is not called.
    pub disabled_at: Option<Timestamp>,
    /// When it checks by itself; none for one that never does.
    pub schedule: Option<Schedule>,
    /// How failed calls are tried again; none for what its type says.
    pub retry: Option<RetryPolicy>,
    /// What waits behind a call that failed.
    pub failure_order: FailureOrder,
    /// How long its messages are kept, in seconds, 0 being for ever; none for one that emits none.
    pub keep_messages_for: Option<i64>,
    /// Which credentials it is sent.
    pub grants: Grants,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl WorkflowAgent {
    /// The lane in which its calls wait.
    pub fn lane(&self) -> LaneId {
        LaneId::agent(self.id)
    }

    /// The stream of the messages that it emitted.
    pub fn messages(&self) -> StreamId {
        StreamId::emitted(self.id)
    }

    /// When a message that was emitted at this time expires.
    pub fn expires_at(&self, emitted_at: Timestamp) -> Option<Timestamp> {
        let kept_s = self.keep_messages_for.filter(|kept_s| *kept_s > 0);
        kept_s.map(|kept_s| emitted_at.plus_seconds(kept_s))
    }

    /// The first check after this time.
    pub fn next_check(&self, after: Timestamp) -> Option<Timestamp> {
        self.schedule.as_ref()?.next_after(after)
    }

    /// Whether it is called.
    pub const fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// What deliveries do that wait behind one whose call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureOrder {
    /// They wait until it is done or dead: the order is kept.
    #[default]
    Wait,
    /// They overtake it.
    Skip,
}

/// Which credentials an agent is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grants {
    /// All of its owner's.
    pub all: bool,
    /// Those that its owner named.
    pub named: Vec<String>,
    /// Those that are named by a text among the options, as its owner saved them.
    pub implied: Vec<String>,
}

/// To whom an agent's messages go, and which agents it controls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The agent.
    pub id: AgentId,
    /// Whose it is; so are those that it is linked to.
    pub owner: Username,
    /// Those that receive what it emits.
    pub receivers: Vec<AgentId>,
    /// Those that it controls.
    pub control_targets: Vec<AgentId>,
}

/// When an agent is to check next. Whoever moves it makes the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueCheck {
    /// The agent.
    pub id: AgentId,
    /// When.
    pub due_at: Timestamp,
}

/// What happened to an agent last. It has one writer: whoever holds the lease of the agent's lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The agent.
    pub id: AgentId,
    /// When it last received a message.
    pub received_at: Option<Timestamp>,
    /// When it last checked.
    pub checked_at: Option<Timestamp>,
    /// When it last reported an error, or a call of it failed.
    pub error_at: Option<Timestamp>,
    /// Since when its calls fail; none if the last was answered.
    pub failing_since: Option<Timestamp>,
}

impl Activity {
    /// That of an agent to which nothing happened.
    pub const fn none(id: AgentId) -> Self {
        Self {
            id,
            received_at: None,
            checked_at: None,
            error_at: None,
            failing_since: None,
        }
    }
}
