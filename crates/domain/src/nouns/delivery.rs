//! The durable queue: deliveries in lanes, worked under leases.

use crate::{
    Timestamp,
    ids::{AgentId, LaneId, LifeId, MessageId, Username},
    nouns::Object,
};
use serde::{Deserialize, Serialize};

/// One call for one agent, waiting in a lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The lane.
    pub lane: LaneId,
    /// Its number in the lane.
    pub no: i64,
    /// The agent to call, in the text form of its id.
    pub agent: String,
    /// On whose behalf: credentials, budgets and actions are this user's.
    pub user: Username,
    /// What the call is to do.
    pub work: Work,
    /// The number of the event that it answers, in the stream that the work belongs to.
    pub about: Option<i64>,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// What a delivery is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Work {
    /// An agent's turn in a session.
    Chat(ChatTurn),
    /// A message for a registered agent, outside of sessions.
    Errand(AgentErrand),
}

/// An agent's turn in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatTurn {
    /// The place of the agent whose turn it is.
    pub place: usize,
    /// How many turns each agent had in this round, by place.
    pub turns: Vec<u32>,
}

/// A message for a registered agent, whose answer goes back to the sender and no further.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentErrand {
    /// Who sent it.
    pub sender: AgentId,
    /// Who is to answer.
    pub receiver: AgentId,
    /// The message.
    pub message: MessageId,
    /// What it says.
    pub content: String,
    /// Data that travels with it.
    pub structured: Option<Object>,
}

/// The row of a lane: the head of its queue, and who works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// The lane.
    pub id: LaneId,
    /// The number of the head delivery, if one waits.
    pub head_no: i64,
    /// The number that the next delivery gets. The lane is idle when it equals `head_no`.
    pub next_no: i64,
    /// When the head may be claimed; none when the lane is idle.
    pub ready_at: Option<Timestamp>,
    /// The fencing number: raised by each claim and each cancel, so an older lease is refused.
    pub fence: i64,
    /// The life of the node that works on the head.
    pub life: Option<LifeId>,
    /// How often the head was claimed.
    pub attempt: i64,
}

impl Lane {
    /// A lane in which nothing waits.
    pub fn idle(id: LaneId) -> Self {
        Self {
            id,
            head_no: 1,
            next_no: 1,
            ready_at: None,
            fence: 0,
            life: None,
            attempt: 0,
        }
    }

    /// Whether nothing waits or runs.
    pub fn is_idle(&self) -> bool {
        self.head_no == self.next_no
    }

    /// Takes the number for a delivery at the tail.
    pub fn enqueue(&mut self, now: Timestamp) -> i64 {
        if self.is_idle() {
            self.ready_at = Some(now);
            self.attempt = 0;
        }
        self.next_no += 1;
        self.next_no - 1
    }

    /// Gives the head to a life of a node.
    pub fn claim(&mut self, life: LifeId) -> Lease {
        self.fence += 1;
        self.attempt += 1;
        self.life = Some(life.clone());
        Lease {
            lane: self.id.clone(),
            fence: self.fence,
            life,
        }
    }

    /// Takes the head out: it is done, or dead.
    pub fn advance(&mut self, now: Timestamp) {
        self.head_no += 1;
        self.attempt = 0;
        self.life = None;
        self.ready_at = if self.is_idle() { None } else { Some(now) };
    }

    /// Lets the head wait: it is tried again from `ready_at` on.
    pub fn release(&mut self, ready_at: Timestamp) {
        self.life = None;
        self.ready_at = Some(ready_at);
    }

    /// Takes everything out and refuses whatever runs.
    pub fn cancel(&mut self) {
        self.fence += 1;
        self.head_no = self.next_no;
        self.ready_at = None;
        self.life = None;
        self.attempt = 0;
    }

    /// Whether this lease still holds.
    pub fn is_held_by(&self, lease: &Lease) -> bool {
        self.fence == lease.fence && self.life.as_ref() == Some(&lease.life)
    }
}

/// The right to work on the head of a lane. It is good as long as nobody raised the fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The lane.
    pub lane: LaneId,
    /// The fencing number at the claim.
    pub fence: i64,
    /// The life of the node that claimed.
    pub life: LifeId,
}

/// A delivery with the lease under which it was claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The lease.
    pub lease: Lease,
    /// How often it was claimed, this time included.
    pub attempt: i64,
    /// The delivery.
    pub delivery: Delivery,
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// Why, in words.
    pub reason: String,
    /// When.
    pub died_at: Timestamp,
}
