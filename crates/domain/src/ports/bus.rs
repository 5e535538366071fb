//! The bus: a doorbell between whoever writes and whoever follows.

use crate::ids::{LaneId, StreamId, Username};
use futures::stream::BoxStream;
use std::sync::Arc;

/// What a signal is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A stream has new events, or an answer in it is being made.
    Stream(StreamId),
    /// Some lane has a delivery that can be claimed.
    Queue,
    /// A lane was cancelled: whoever works on it should stop.
    Cancels,
    /// A user's accounts changed, or a way to connect one.
    Accounts(Username),
}

/// A signal. It says "look again", or carries what nobody needs twice.
#[derive(Debug, Clone)]
pub enum Signal {
    /// The rows changed: read on from your cursor.
    Look,
    /// A piece of an answer that is being made.
    Delta(Arc<Delta>),
    /// The lane was cancelled.
    Cancelled(LaneId),
}

/// A piece of an answer that is being made. The whole answer follows as an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The text to append.
    pub text: String,
    /// Its index within the attempt, from 0.
    pub index: u32,
    /// Which try it belongs to; a higher one voids the lower.
    pub attempt: u32,
    /// The number of the event that the answer is for.
    pub reply_to: i64,
    /// The agent that answers.
    pub agent: String,
}

/// The signals of one topic, from the subscription on.
pub type Signals = BoxStream<'static, Signal>;

/// The doorbell.
///
/// A signal may be lost, doubled or late: whoever depends on what it is about also looks at the rows
/// on a timer. Signals of one publisher for one topic arrive in order. Publishing never waits; a
/// subscriber that does not keep up loses signals and nobody else does; it is then given a
/// [`Signal::Look`] in their place.
pub trait Bus: Send + Sync {
    /// Rings. Costs next to nothing when nobody listens.
    fn publish(&self, topic: &Topic, signal: Signal);

    /// Listens. Every signal published after this call returned is seen, but for those lost.
    fn subscribe(&self, topic: &Topic) -> Signals;

    /// The part of it that rings on other nodes only; none where there are no others. Who tells those
    /// of this node by itself tells the others by this.
    fn elsewhere(&self) -> Option<&dyn Bus> {
        None
    }
}
