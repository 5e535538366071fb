//! The durable queue: deliveries in lanes, worked under leases.

use crate::{
    Timestamp,
    ids::{AgentId, LaneId, LifeId, MessageId, Username},
    nouns::Object,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
    /// How often its call had failed when it was put in: it was set aside before, or dead.
    #[serde(default)]
    pub failures: i64,
    /// Its number when it was first put in, if that was another.
    #[serde(default)]
    pub first_no: Option<i64>,
}

impl Delivery {
    /// Its name, which stays the same however often it is tried, set aside and put in again.
    pub fn name(&self) -> String {
        format!("{}/{}", self.lane, self.first_no.unwrap_or(self.no))
    }
}

/// What a delivery is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Work {
    /// An agent's turn in a session.
    Chat(ChatTurn),
    /// A message for a registered agent, outside of sessions.
    Errand(AgentErrand),
    /// An agent of a workflow receives the message with the number that the delivery is about.
    Receive {
        /// The agent that emitted it.
        source: AgentId,
    },
    /// An agent of a workflow does what it does by itself.
    Check {
        /// Whether it may wait behind another check. One that may not is left out while another
        /// waits or runs.
        beside_others: bool,
    },
    /// A step of a task, which the delivery is about.
    Step {
        /// Who waits for it on the node that took it.
        asked: Uuid,
        /// How far it got, if the agent was called before and is to go on.
        #[serde(default)]
        begun: Box<BegunStep>,
    },
}

/// A step in which the agent was called, and is called again with what became of its proposals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BegunStep {
    /// How often it was called.
    pub rounds: u32,
    /// What it said.
    pub said: Vec<String>,
    /// Why proposals of the last call are no actions.
    pub errors: Vec<String>,
}

/// An agent's turn in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatTurn {
    /// The place of the agent whose turn it is.
    pub place: usize,
    /// How many turns each agent had in this round, by place.
    pub turns: Vec<u32>,
    /// How often in a row the agent was called with the results of its own proposals.
    #[serde(default)]
    pub round: u32,
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
    /// How often the call of the head failed.
    #[serde(default)]
    pub failures: i64,
    /// Since when nothing is given out; what is worked on goes on.
    #[serde(default)]
    pub paused_at: Option<Timestamp>,
    /// The number of the newest check that was put in.
    #[serde(default)]
    pub check_no: Option<i64>,
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
            failures: 0,
            paused_at: None,
            check_no: None,
        }
    }

    /// Whether nothing waits or runs.
    pub fn is_idle(&self) -> bool {
        self.head_no == self.next_no
    }

    /// Whether a check waits or runs.
    pub fn is_checking(&self) -> bool {
        self.check_no.is_some_and(|no| no >= self.head_no)
    }

    /// Whether its head may be claimed as soon as there is one.
    pub fn is_open(&self) -> bool {
        self.paused_at.is_none()
    }

    /// When a head that comes now may be claimed.
    fn opens(&self, at: Timestamp) -> Option<Timestamp> {
        (self.is_open() && !self.is_idle()).then_some(at)
    }

    /// Takes the number for a delivery at the tail.
    pub fn enqueue(&mut self, now: Timestamp) -> i64 {
        let was_idle = self.is_idle();
        self.next_no += 1;
        if was_idle {
            self.ready_at = self.opens(now);
            self.attempt = 0;
            self.failures = 0;
        }
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
        self.failures = 0;
        self.life = None;
        self.ready_at = self.opens(now);
    }

    /// Lets the head wait: it is tried again from `ready_at` on.
    pub fn release(&mut self, ready_at: Timestamp) {
        self.life = None;
        self.ready_at = self.opens(ready_at);
    }

    /// Begins a head whose call had failed before.
    pub fn begin(&mut self, failures: i64) {
        self.failures = failures;
    }

    /// Lets the head wait after its call failed.
    pub fn fail(&mut self, ready_at: Timestamp) {
        self.failures += 1;
        self.release(ready_at);
    }

    /// Takes everything out and refuses whatever runs.
    pub fn cancel(&mut self) {
        self.fence += 1;
        self.head_no = self.next_no;
        self.ready_at = None;
        self.life = None;
        self.attempt = 0;
        self.failures = 0;
    }

    /// Gives nothing out from now on. What is worked on goes on.
    pub fn pause(&mut self, now: Timestamp) {
        self.paused_at = self.paused_at.or(Some(now));
        if self.life.is_none() {
            self.ready_at = None;
        }
    }

    /// Gives out again what waits.
    pub fn resume(&mut self, now: Timestamp) {
        self.paused_at = None;
        self.ready_at = self.ready_at.or_else(|| self.opens(now));
    }

    /// Refuses the outcome of what is worked on, if something is, and lets it be done anew.
    pub fn interrupt(&mut self, now: Timestamp) {
        if self.life.is_some() {
            self.fence += 1;
            self.release(now);
        }
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
    /// How often its call failed.
    pub failures: i64,
    /// The delivery.
    pub delivery: Delivery,
}

/// A delivery that was given up, or set aside for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// Why, in words.
    pub reason: String,
    /// When.
    pub died_at: Timestamp,
    /// When it is put in again, if it was only set aside.
    pub retry_at: Option<Timestamp>,
}
