//! What the use cases and loops tell about themselves to whoever watches the server. Nothing here
//! names a user, a session, or anything that somebody said.

use crate::{app::Switchboard, rates::Rate};
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use std::time::Duration;
use switchboard_domain::{
    nouns::{Event, FailureCode},
    ports::{Backlog, Change, Write},
};

const CREATED: &str = "switchboard_sessions_created_total";
const ENDED: &str = "switchboard_sessions_ended_total";
const WORKING: &str = "switchboard_deliveries_in_progress";
const DELIVERIES: &str = "switchboard_deliveries_total";
const LIMITED: &str = "switchboard_rate_limited_total";
const LANES: &str = "switchboard_queue_lanes";
const WAITING: &str = "switchboard_queue_oldest_wait_seconds";
const UP: &str = "switchboard_store_up";

/// How long the store may take to say how much work there is, in seconds.
const PATIENCE_S: i64 = 2;

/// Says what the figures mean. They are described once there is somebody to collect them.
pub fn describe() {
    describe_counter!(CREATED, "Sessions that were created");
    describe_counter!(ENDED, "Sessions that are over, by how that came");
    describe_gauge!(WORKING, "Deliveries that this node works on");
    describe_counter!(
        DELIVERIES,
        "Deliveries that were worked on, by what came of it"
    );
    describe_counter!(LIMITED, "Requests and texts that came too often, by kind");
    describe_gauge!(
        LANES,
        "Lanes with work on all nodes: held by a node, waiting for one, or not due yet"
    );
    describe_gauge!(
        WAITING,
        Unit::Seconds,
        "For how long the lane that waits longest could have been worked on"
    );
    describe_gauge!(UP, "1 if the store said how much work there is, else 0");
}

/// How a session came to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// Its owner ended it.
    Deleted,
    /// Its time was over.
    Expired,
    /// A newer one took its place.
    Replaced,
}

/// A session was created.
pub(crate) fn session_created() {
    counter!(CREATED).increment(1);
}

/// A session is over.
pub(crate) fn session_ended(end: End) {
    let how = match end {
        End::Deleted => "deleted",
        End::Expired => "expired",
        End::Replaced => "replaced",
    };
    counter!(ENDED, "how" => how).increment(1);
}

/// Somebody came too often.
pub(crate) fn rate_limited(rate: Rate) {
    let kind = match rate {
        Rate::Login => "login",
        Rate::Verify => "verify",
        Rate::SessionCreate => "session_create",
        Rate::SessionQuery => "session_query",
        Rate::AgentOps => "agent_ops",
        Rate::Texts => "texts",
        Rate::Frames => "frames",
        Rate::Hooks => "hooks",
    };
    counter!(LIMITED, "kind" => kind).increment(1);
}

/// Somebody tried to sign in under a name, or from an address, that is locked.
pub(crate) fn locked_out() {
    counter!(LIMITED, "kind" => "lockout").increment(1);
}

/// Somebody has as many connections as one may have.
pub(crate) fn connections_limited() {
    counter!(LIMITED, "kind" => "connections").increment(1);
}

/// A delivery that is worked on, until this is dropped.
pub(crate) struct Working;

impl Working {
    /// Work begins.
    pub(crate) fn begins() -> Self {
        gauge!(WORKING).increment(1.0);
        Self
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        gauge!(WORKING).decrement(1.0);
    }
}

/// What came of a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// An answer, or the end of a dialogue.
    Answered,
    /// None, and the asker was told why.
    Failed(FailureCode),
    /// It broke the server off too often.
    GivenUp,
    /// It goes on after a pause.
    Paused,
    /// The call failed, and is made again later.
    Failing,
    /// Nothing was to be done: the session is over, or the budget is spent.
    Dropped,
    /// It was cancelled, or another node had taken it over: what came of it does not count.
    TooLate,
    /// It was cancelled, or the server goes down, before anything came of it.
    BrokenOff,
    /// The store failed, or we did: it is tried again.
    TriedAgain,
}

impl Outcome {
    /// What a write makes of a delivery once it is stored.
    pub(crate) fn of(write: &Write) -> Self {
        let mut outcome = Self::Dropped;
        for change in &write.changes {
            outcome = match change {
                Change::Bury { .. } => return Self::GivenUp,
                Change::Continue { .. } => return Self::Paused,
                Change::Fail { .. } | Change::SetAside { .. } => return Self::Failing,
                Change::Append { event, .. } => match event {
                    Event::Failed { code, .. } => Self::Failed(*code),
                    Event::Response(_)
                    | Event::Stop { .. }
                    | Event::Emitted { .. }
                    | Event::StepDone { .. } => Self::Answered,
                    _ => outcome,
                },
                _ => outcome,
            };
        }
        outcome
    }

    /// Counts it.
    pub(crate) fn happened(self) {
        let outcome = match self {
            Self::Answered => "answered",
            Self::Failed(code) => return failed(code),
            Self::GivenUp => "given_up",
            Self::Paused => "paused",
            Self::Failing => "failing",
            Self::Dropped => "dropped",
            Self::TooLate => "too_late",
            Self::BrokenOff => "broken_off",
            Self::TriedAgain => "tried_again",
        };
        counter!(DELIVERIES, "outcome" => outcome).increment(1);
    }
}

fn failed(code: FailureCode) {
    let code = match code {
        FailureCode::ProcessingTimeout => "processing_timeout",
        FailureCode::ProviderError => "provider_error",
        FailureCode::DeliveryFailed => "delivery_failed",
        FailureCode::AgentUnavailable => "agent_unavailable",
    };
    counter!(DELIVERIES, "outcome" => "failed", "code" => code).increment(1);
}

impl Switchboard {
    /// Looks at what is only known when somebody asks: how much work there is in the store. That the
    /// store does not say it, or not in time, is a figure too.
    pub async fn look_at_backlog(&self) {
        let now = self.ports.now();
        let backlog = tokio::select! {
            backlog = self.ports.store.backlog(now) => backlog.inspect_err(|error| {
                tracing::warn!(?error, "the store does not say how much work there is");
            }).ok(),
            () = self.ports.clock.sleep_until(now.plus_seconds(PATIENCE_S)) => None,
        };
        gauge!(UP).set(if backlog.is_some() { 1.0 } else { 0.0 });
        let Some(backlog) = backlog else {
            // Neither the old figures nor zeros would be true.
            for state in ["held", "waiting", "later"] {
                gauge!(LANES, "state" => state).set(f64::NAN);
            }
            return gauge!(WAITING).set(f64::NAN);
        };
        let Backlog {
            held,
            waiting,
            later,
            waiting_since,
        } = backlog;
        for (state, lanes) in [("held", held), ("waiting", waiting), ("later", later)] {
            let lanes = u32::try_from(lanes).unwrap_or(u32::MAX);
            gauge!(LANES, "state" => state).set(f64::from(lanes));
        }
        let wait = waiting_since.map_or(Duration::ZERO, |since| now.since(since));
        gauge!(WAITING).set(wait.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_domain::{
        Timestamp,
        ids::{LaneId, StreamId},
        nouns::{ChatTurn, StopReason, Work},
    };

    fn lane() -> LaneId {
        LaneId::from_key("lane")
    }

    fn seen(write: &Write) -> String {
        format!("{:?}", Outcome::of(write))
    }

    #[test]
    fn a_write_tells_what_came_of_the_delivery() {
        let finish = || Change::Finish {
            lane: lane(),
            claim: None,
        };
        let stop = Event::Stop {
            reason: StopReason::GoalAchieved,
        };
        let stream = StreamId::from_key("stream");
        let failed = Event::Failed {
            code: FailureCode::ProviderError,
            content: "no".to_owned(),
            agent: "agent_1".to_owned(),
            reply_to: 1,
            in_reply_to: None,
        };
        let answered = Write::new().change(finish()).append(stream.clone(), stop);
        let failed = Write::new().append(stream, failed).change(finish());
        let buried = failed.clone().change(Change::Bury {
            lane: lane(),
            reason: "no use".to_owned(),
        });
        let paused = Write::new().change(Change::Continue {
            lane: lane(),
            work: Work::Chat(ChatTurn {
                round: 0,
                place: 0,
                turns: vec![0],
            }),
            ready_at: Timestamp::from_micros(1),
        });
        assert_eq!(seen(&answered), "Answered");
        assert_eq!(seen(&failed), "Failed(ProviderError)");
        assert_eq!(seen(&buried), "GivenUp");
        assert_eq!(seen(&paused), "Paused");
        assert_eq!(seen(&Write::new().change(finish())), "Dropped");
    }
}
