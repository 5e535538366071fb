//! Typed ids: one type a noun, with a prefix in text, so that no id lands where another belongs.
//!
//! Ids are made in the app before the write, from random bits that come through
//! [`Random`](crate::ports::Random). So a commit whose answer was lost can be looked up.
//!
//! The text of an id is shared by its clones: one message carries its session's id to many places.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};
use uuid::Uuid;

/// A text that is no id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct BadId(pub &'static str);

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The prefix of this id's text form.
            pub const PREFIX: &'static str = $prefix;

            /// The id made of this UUID.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(format!(concat!($prefix, "{}"), uuid.simple()).into())
            }

            /// The text form, which is also the key in the store.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The key in the store, shared with this id.
            pub fn key(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                let bad = BadId(stringify!($name));
                let rest = text.strip_prefix($prefix).ok_or_else(|| bad.clone())?;
                let plain = rest.len() == 32 && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if plain { Ok(Self(text.into())) } else { Err(bad) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

uuid_ids! {
    /// A chat session.
    SessionId = "session_";
    /// One message, wherever it was said.
    MessageId = "msg_";
    /// An API token (its id, never its secret).
    ApiTokenId = "tok_";
    /// A task.
    TaskId = "task_";
    /// A file that belongs to a task.
    ArtifactId = "artifact_";
    /// An action.
    ActionId = "act_";
    /// A standing grant.
    GrantId = "grant_";
    /// One life of a node: from the start of its process to its end.
    LifeId = "life_";
    /// One open connection of a client.
    ConnectionId = "conn_";
    /// One JWT (its `jti`, RFC 7519 §4.1.7).
    AccessTokenId = "jwt_";
    /// One connection of an account; connecting it anew makes another.
    AccountId = "acct_";
    /// A user's way to connect an account.
    ChallengeId = "challenge_";
}

/// A user, by the name with which they sign in. Names are never reused for another person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(Arc<str>);

impl Username {
    /// The longest name, in characters.
    pub const MAX: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key in the store, shared with this name.
    pub fn key(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl FromStr for Username {
    type Err = BadId;

    /// A name has 1 to 64 characters: letters, digits, and `. _ - @ +`.
    fn from_str(text: &str) -> Result<Self, BadId> {
        let allowed = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
        let length = text.chars().count();
        if (1..=Self::MAX).contains(&length) && text.chars().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(BadId("user name (1 to 64 letters, digits or . _ - @ +)"))
        }
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A registered agent. An integer, because some protocols show it as one; `agent_<n>` in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(pub i64);

impl FromStr for AgentId {
    type Err = BadId;

    /// Accepts both `agent_7` and `7`.
    fn from_str(text: &str) -> Result<Self, BadId> {
        let digits = text.strip_prefix("agent_").unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        match digits.parse() {
            Ok(number) if plain && number > 0 => Ok(Self(number)),
            _ => Err(BadId("agent id")),
        }
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agent_{}", self.0)
    }
}

/// A workflow. An integer, as ActiveWorkflow's clients know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkflowId(pub i64);

/// A message of a workflow: the agent that emitted it, and its number among that agent's messages,
/// in one integer below 2^53, which every JSON reader keeps exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmittedId(i64);

impl EmittedId {
    /// How many messages an agent can emit before its numbers end.
    const MESSAGES: i64 = 10_000_000_000;

    /// The id of the message with this number of this agent.
    pub const fn new(agent: AgentId, no: i64) -> Self {
        Self(agent.0.saturating_mul(Self::MESSAGES).saturating_add(no))
    }

    /// The id that is this integer; none if no message can have it.
    pub const fn from_integer(id: i64) -> Option<Self> {
        if id > Self::MESSAGES {
            Some(Self(id))
        } else {
            None
        }
    }

    /// The integer.
    pub const fn integer(self) -> i64 {
        self.0
    }

    /// The agent that emitted it.
    pub const fn agent(self) -> AgentId {
        AgentId(self.0 / Self::MESSAGES)
    }

    /// Its number among the agent's messages.
    pub const fn no(self) -> i64 {
        self.0 % Self::MESSAGES
    }
}

/// A step: the task, and the number of the event with which the step was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepId {
    /// The task.
    pub task: TaskId,
    /// The number.
    pub no: i64,
}

impl StepId {
    const PREFIX: &str = "step_";
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = &self.task.as_str()[TaskId::PREFIX.len()..];
        write!(f, "{}{task}_{}", Self::PREFIX, self.no)
    }
}

impl FromStr for StepId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let bad = BadId("StepId");
        let rest = text.strip_prefix(Self::PREFIX).ok_or(bad.clone())?;
        let (task, digits) = rest.split_once('_').ok_or(bad.clone())?;
        let task = format!("{}{task}", TaskId::PREFIX).parse()?;
        let no = digits.parse::<i64>().map_err(|_| bad.clone())?;
        // Each step has one id, and no other text stands for it.
        (no > 0 && no.to_string() == digits)
            .then_some(Self { task, no })
            .ok_or(bad)
    }
}

impl TryFrom<String> for StepId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<StepId> for String {
    fn from(id: StepId) -> Self {
        id.to_string()
    }
}

/// A stream: an ordered row of events with one writer at a time, e.g. all that happened in a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// The stream of a session: its transcript.
    pub fn session(id: &SessionId) -> Self {
        Self(id.key())
    }

    /// What a registered agent was sent and answered outside of sessions.
    pub fn agent(id: AgentId) -> Self {
        Self(id.to_string().into())
    }

    /// What a user made and ended; also the lock under which a user's places are counted.
    pub fn user(name: &Username) -> Self {
        Self(format!("user:{name}").into())
    }

    /// Who lost access: users disabled, tokens revoked. Every node follows it.
    pub fn access() -> Self {
        Self("access".into())
    }

    /// The stream whose numbers are the ids of registered agents.
    pub fn agents() -> Self {
        Self("agents".into())
    }

    /// The messages that an agent of a workflow emitted.
    pub fn emitted(id: AgentId) -> Self {
        Self(format!("messages:{}", id.0).into())
    }

    /// All that happened to a task.
    pub fn task(id: &TaskId) -> Self {
        Self(id.key())
    }

    /// The trail of what was done about a user's actions.
    pub fn trail(owner: &Username) -> Self {
        Self(format!("trail:{owner}").into())
    }

    /// The names that a user gave tasks.
    pub fn task_names(user: &Username) -> Self {
        Self(format!("task-names:{user}").into())
    }

    /// The log of an agent of a workflow.
    pub fn log(id: AgentId) -> Self {
        Self(format!("log:{}", id.0).into())
    }

    /// The stream whose numbers are the numbers of users, for protocols that show users as integers.
    pub fn user_numbers() -> Self {
        Self("users".into())
    }

    /// The stream whose numbers are the ids of workflows.
    pub fn workflows() -> Self {
        Self("workflows".into())
    }

    /// A stream by its stored key.
    pub fn from_key(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().into())
    }

    /// The key in the store, shared with this id.
    pub fn key(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The text form, which is also the key in the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A lane of the queue: worked on one delivery at a time, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaneId(Arc<str>);

impl LaneId {
    /// The lane of a chat: the session.
    pub fn session(id: &SessionId) -> Self {
        Self(id.key())
    }

    /// The lane of what a user's agents ask a registered agent, outside of sessions. Each user has a
    /// lane of their own, so nobody's messages wait behind somebody else's.
    pub fn errands(receiver: AgentId, user: &Username) -> Self {
        Self(format!("{receiver}|{user}").into())
    }

    /// The lane of the steps of a task: the task.
    pub fn task(id: &TaskId) -> Self {
        Self(id.key())
    }

    /// The lane of an agent in workflows: the agent.
    pub fn agent(id: AgentId) -> Self {
        Self(id.to_string().into())
    }

    /// A lane by its stored key.
    pub fn from_key(key: impl AsRef<str>) -> Self {
        Self(key.as_ref().into())
    }

    /// The key in the store, shared with this id.
    pub fn key(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The text form, which is also the key in the store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agent_ids_read_both_forms() {
        assert_eq!("agent_7".parse(), Ok(AgentId(7)));
        assert_eq!("7".parse(), Ok(AgentId(7)));
        for bad in ["", "agent_", "agent_x", "-1", "0", "+7", "agent_agent_7"] {
            assert!(bad.parse::<AgentId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn messages_are_found_by_their_ids() {
        let id = EmittedId::new(AgentId(900_000), 9_999_999_999);
        assert!(id.integer() < 1 << 53);
        assert_eq!((id.agent(), id.no()), (AgentId(900_000), 9_999_999_999));
        assert_eq!(EmittedId::from_integer(id.integer()), Some(id));
        for bad in [i64::MIN, -1, 0, 7, 10_000_000_000] {
            assert_eq!(EmittedId::from_integer(bad), None, "{bad}");
        }
    }

    #[test]
    fn steps_are_named_by_task_and_number() {
        let task = TaskId::from_uuid(Uuid::from_u128(7));
        let id = StepId { task, no: 12 };
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        let text = id.to_string();
        for bad in ["", "step_", "step_7", &text[..text.len() - 3]] {
            assert!(bad.parse::<StepId>().is_err(), "{bad}");
        }
        for end in ["0", "-1", "012", "+12", "1x"] {
            let bad = text.replace("_12", &format!("_{end}"));
            assert!(bad.parse::<StepId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn uuid_ids_refuse_other_prefixes() {
        let id = SessionId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert!(id.as_str().parse::<MessageId>().is_err());
        assert!("session_../../etc".parse::<SessionId>().is_err());
    }
}
