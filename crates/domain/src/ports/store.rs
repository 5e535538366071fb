//! The store: where everything that was acknowledged is.

use crate::{
    Timestamp,
    ids::{ActionId, LaneId, LifeId, StreamId, TaskId, Username},
    nouns::{ActionState, Claimed, DeadDelivery, Place, Recorded, SessionStatus},
    ports::{Key, Noun, Receipt, Record, Write, WriteError},
};
use async_trait::async_trait;
use std::time::Duration;

/// The store.
///
/// - **Durable:** what [`Store::commit`] acknowledged survives any crash.
/// - **Atomic:** a write happens whole or not at all. Writes have the effect of one after another,
///   in some order that agrees with every guard; a refused write harms no other.
/// - **Ordered:** the events of a stream have numbers from 1 without gaps, and times that strictly
///   grow. Whoever has read number n can read all below n.
/// - **Fenced:** a lease is good until the lane is claimed again or cancelled. A life whose heartbeat
///   lapsed loses its leases to whoever claims next.
/// - **Bounded:** the queue of writes has an end; past it a commit answers [`StoreError::Full`].
#[async_trait]
pub trait Store: Send + Sync {
    /// Stores a write. When this returns `Ok`, it is durable. Writes share commits.
    async fn commit(&self, write: Write) -> Result<Receipt, WriteError>;

    /// Claims the heads of up to `limit` lanes that are ready at `now` and that no live node works
    /// on, those ready longest first. What this life holds itself it does not claim again, even if its
    /// heartbeat lapsed: it works on it, or gives it back. Durable when it returns.
    async fn claim(
        &self,
        life: &LifeId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Claims, StoreError>;

    /// Keeps the leases of a life good for `ttl` from now on, by the store's own clock. The first
    /// beat begins the life.
    async fn beat(&self, life: &LifeId, ttl: Duration) -> Result<(), StoreError>;

    /// Ends a life: others may claim its lanes at once.
    async fn retire(&self, life: &LifeId) -> Result<(), StoreError>;

    /// One record.
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError>;

    /// Several records of one kind.
    async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError>;

    /// How many records the query would give, did it pass over none and had it no limit. For
    /// [`Query::TasksOf`] and [`Query::ArtifactsOf`]; of other queries what they give is counted.
    async fn count(&self, query: &Query) -> Result<u64, StoreError>;

    /// Events of a stream, oldest first.
    async fn events(&self, stream: &StreamId, page: Page) -> Result<Vec<Recorded>, StoreError>;

    /// The delivery with this number, if it waits or is worked on.
    async fn delivery(
        &self,
        lane: &LaneId,
        no: i64,
    ) -> Result<Option<crate::nouns::Delivery>, StoreError>;

    /// The deliveries that wait in a lane or are worked on, in their order, with numbers above `after`.
    async fn waiting(
        &self,
        lane: &LaneId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<crate::nouns::Delivery>, StoreError>;

    /// The dead deliveries of a user, newest first.
    async fn dead(&self, user: &Username, limit: usize) -> Result<Vec<DeadDelivery>, StoreError>;

    /// The deliveries of a lane that are dead or set aside, newest first.
    async fn dead_in(&self, lane: &LaneId, limit: usize) -> Result<Vec<DeadDelivery>, StoreError>;

    /// The deliveries that are set aside, the first to be put in again first.
    async fn set_aside(&self, limit: usize) -> Result<Vec<DeadDelivery>, StoreError>;

    /// How much work there is at `now`, on all nodes together. Cheap enough to be asked every few
    /// seconds, and not exact to the moment.
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError>;

    /// Whether the store answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// What the engine says about its own durability, e.g. `("synchronous", "2")`. Read back from
    /// the connection that writes.
    async fn durability(&self) -> Result<Vec<(String, String)>, StoreError>;

    /// Finishes the writes that were taken, and closes. Later writes answer [`StoreError::Closed`].
    async fn close(&self);
}

/// What a claim gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    /// What was claimed.
    pub claimed: Vec<Claimed>,
    /// When the next lane that nobody holds becomes ready, if that is later than now. A lane held
    /// by a life that may lapse is not counted: look again within the lease time.
    pub next_at: Option<Timestamp>,
}

/// How much work there is. Every lane with a delivery counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Lanes that a live node works on.
    pub held: u64,
    /// Lanes that somebody could work on, and nobody does.
    pub waiting: u64,
    /// Lanes whose head is to be worked on later: after a pause, or when it is tried again.
    pub later: u64,
    /// Since when the lane could be worked on that waits longest.
    pub waiting_since: Option<Timestamp>,
}

/// Which events of a stream: at most so many, and at most so many bytes of them, which are those of
/// their JSON. Where there is an event there is always at least one, however big.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The first of those with a number above `after`.
    After {
        /// The cursor.
        after: i64,
        /// At most so many.
        limit: usize,
        /// At most so many bytes, but at least one event.
        bytes: usize,
    },
    /// The newest with a number up to `no`; still oldest first.
    UpTo {
        /// The last number.
        no: i64,
        /// At most so many.
        limit: usize,
        /// At most so many bytes, but at least one event.
        bytes: usize,
    },
}

/// Which records.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// All users, by name.
    Users,
    /// The API tokens of a user, or of all, newest first.
    ApiTokens(Option<Username>),
    /// The API token with this hash.
    ApiTokenByHash(String),
    /// The records of the kinds of which some have a sealed value, by kind and id.
    Sealed {
        /// Only those behind this one.
        after: Option<Key>,
        /// At most so many.
        limit: usize,
    },
    /// The sessions of a user, oldest first.
    Sessions {
        /// Whose.
        owner: Username,
        /// Only those in this state.
        status: Option<SessionStatus>,
        /// At most so many, the newest.
        limit: usize,
    },
    /// Active sessions that expire, the next to expire first.
    NextToExpire {
        /// At most so many.
        limit: usize,
    },
    /// The agents that a user may see, by id.
    AgentsVisibleTo(Username),
    /// The agents that a user may see and that match, best first: exact names of the agent or of one
    /// of its capabilities, then full-text search over name, capabilities and personality.
    AgentsMatching {
        /// Who asks.
        user: Username,
        /// Words to look for.
        text: String,
        /// At most so many.
        limit: usize,
    },
    /// The agents of a user that are in workflows, by id.
    WorkflowAgentsOf(Username),
    /// All agents whose messages expire, by id.
    ForgetfulAgents,
    /// The links of a user's agents, by the agent's id.
    LinksOf(Username),
    /// The checks that are due next, the first to be due first.
    DueChecks {
        /// At most so many.
        limit: usize,
    },
    /// The workflows of a user, by id.
    WorkflowsOf(Username),
    /// The addresses of remote agents that were added at run time.
    AgentUrls,
    /// The accounts of a user, by provider.
    AccountsOf(Username),
    /// The challenges of a user, oldest first.
    ChallengesOf(Username),
    /// The challenges that somebody has to look at next, the first to be due first.
    DueChallenges {
        /// At most so many.
        limit: usize,
    },
    /// The tasks that a user gave an agent and that were not deleted, oldest first.
    TasksOf {
        /// Whose.
        owner: Username,
        /// The agent, as the tasks name it.
        agent: String,
        /// How many are passed over.
        skip: usize,
        /// At most so many.
        limit: usize,
    },
    /// The tasks that were deleted and of which something may be left.
    DeletedTasks {
        /// At most so many.
        limit: usize,
    },
    /// The steps of a task that are done, in their order.
    StepsOf {
        /// The task.
        task: TaskId,
        /// Only those behind this place.
        after: i64,
        /// At most so many.
        limit: usize,
    },
    /// The files of a task, in the order in which they came.
    ArtifactsOf {
        /// The task.
        task: TaskId,
        /// How many are passed over.
        skip: usize,
        /// At most so many.
        limit: usize,
    },
    /// The contents that no artifact has any more.
    UnusedBlobs {
        /// At most so many.
        limit: usize,
    },
    /// The actions of a user, newest first.
    ActionsOf {
        /// Whose.
        owner: Username,
        /// Only those in one of these states; none for all.
        states: Vec<ActionState>,
        /// Only those behind this one.
        before: Option<(Timestamp, ActionId)>,
        /// At most so many.
        limit: usize,
    },
    /// The actions of a task, a session or an agent of which nobody was told yet what became of them,
    /// oldest first.
    UntoldActions {
        /// The source.
        source: String,
        /// At most so many.
        limit: usize,
    },
    /// The actions that may be claimed, oldest first.
    ReadyActions {
        /// Whose; none for everybody's.
        owner: Option<Username>,
        /// Where they are run.
        at: Place,
        /// Only those behind this one.
        after: Option<(Timestamp, ActionId)>,
        /// At most so many.
        limit: usize,
    },
    /// The actions about which something is to be done by itself, the first to be due first.
    DueActions {
        /// At most so many.
        limit: usize,
    },
    /// The standing grants of a user, oldest first.
    GrantsOf(Username),
    /// The lanes that a life of a node holds.
    LanesHeldBy(LifeId),
    /// Revocations and lock-outs that are over at this time and may go.
    Stale {
        /// The time.
        now: Timestamp,
        /// At most so many of each.
        limit: usize,
    },
}

/// What can go wrong with a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too many writes wait.
    #[error("too many writes are waiting")]
    Full,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// The engine failed. The text is for the log.
    #[error("the store failed: {0}")]
    Broken(String),
}

/// The noun with this id.
///
/// # Errors
/// When the store fails.
pub async fn find<T: Noun>(
    store: &dyn Store,
    id: impl Into<std::sync::Arc<str>>,
) -> Result<Option<T>, StoreError> {
    let record = store.get(&Key::of::<T>(id)).await?;
    Ok(record.and_then(|record| T::try_from(record).ok()))
}

/// The nouns that the query gives; records of other kinds are left out.
///
/// # Errors
/// When the store fails.
pub async fn list<T: Noun>(store: &dyn Store, query: &Query) -> Result<Vec<T>, StoreError> {
    let records = store.list(query).await?;
    Ok(records
        .into_iter()
        .filter_map(|record| T::try_from(record).ok())
        .collect())
}
