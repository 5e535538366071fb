//! Random steps: what a test does to several stores alike.

use proptest::prelude::*;
use switchboard_domain::{
    Timestamp,
    conformance::store::make::{
        agent, delivery, lane, life, session, session_id, stream, text, time, user, user_key, work,
    },
    ids::LifeId,
    nouns::{Lane, Lease, Session, SessionStatus, Stream, Usage, User, Work},
    ports::{About, Change, Guard, Key, NewDelivery, Write},
};

/// A guard, with small numbers for what it names.
#[derive(Debug, Clone)]
pub(super) enum SomeGuard {
    Absent(u8),
    Unchanged(u8, u8),
    At(u8, i64),
    Below(u8, i64),
    Active(u8),
    Busy(u8),
    /// The newest lease that anybody got on the lane, or an older one.
    Held(u8, bool),
    Dead(u8, i64),
}

/// A change, with small numbers for what it names.
#[derive(Debug, Clone)]
pub(super) enum SomeChange {
    PutUser(u8, u8),
    PutSession(u8, bool),
    PutAgent(u8, u8),
    Remove(u8),
    Append(u8, u8, Option<u8>),
    Enqueue(u8, u8, bool, Option<u8>),
    Finish(u8, Option<u8>),
    Continue(u8, u8, i64),
    Retry(u8, i64),
    Bury(u8, u8),
    Cancel(u8),
    Count(u8, i64),
    Check(u8, bool, Option<u8>),
    Fail(u8, i64),
    SetAside(u8, i64),
    Revive(u8, i64, bool),
    Forget(u8, i64),
    Pause(u8),
    Resume(u8),
    Interrupt(u8),
    Purge(u8, i64),
    Trim(u8, i64),
}

/// A write.
#[derive(Debug, Clone)]
pub(super) struct SomeWrite(Vec<SomeGuard>, Vec<SomeChange>);

/// A step.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Writes that are asked for at once.
    Commit(Vec<SomeWrite>),
    /// A claim by a life, so many microseconds after the start.
    Claim(u8, i64, usize),
    /// A beat, for long or for no time.
    Beat(u8, bool),
    /// The end of a life.
    Retire(u8),
    /// Time passes.
    Wait(i64),
}

fn guard() -> impl Strategy<Value = SomeGuard> {
    prop_oneof![
        1 => (0..4u8).prop_map(SomeGuard::Absent),
        1 => (0..4u8, 0..3u8).prop_map(|(n, m)| SomeGuard::Unchanged(n, m)),
        1 => (0..3u8, 0..6i64).prop_map(|(n, no)| SomeGuard::At(n, no)),
        1 => (0..3u8, 0..6i64).prop_map(|(n, no)| SomeGuard::Below(n, no)),
        1 => (0..3u8).prop_map(SomeGuard::Active),
        1 => (0..3u8).prop_map(SomeGuard::Busy),
        3 => (0..3u8, prop::bool::weighted(0.8)).prop_map(|(n, newest)| SomeGuard::Held(n, newest)),
        1 => (0..3u8, 1..6i64).prop_map(|(n, no)| SomeGuard::Dead(n, no)),
    ]
}

fn change() -> impl Strategy<Value = SomeChange> {
    let someone = || prop::option::of(0..3u8);
    prop_oneof![
        1 => (0..4u8, 0..3u8).prop_map(|(n, m)| SomeChange::PutUser(n, m)),
        1 => (0..3u8, prop::bool::ANY).prop_map(|(n, active)| SomeChange::PutSession(n, active)),
        1 => (0..4u8, 0..3u8).prop_map(|(n, m)| SomeChange::PutAgent(n, m)),
        1 => (0..4u8).prop_map(SomeChange::Remove),
        3 => (0..3u8, any::<u8>(), prop::option::weighted(0.3, 0..4u8))
            .prop_map(|(n, m, name)| SomeChange::Append(n, m, name)),
        4 => (0..3u8, any::<u8>(), prop::bool::weighted(0.2), someone())
            .prop_map(|(n, m, idle, by)| SomeChange::Enqueue(n, m, idle, by)),
        3 => (0..3u8, someone()).prop_map(|(n, by)| SomeChange::Finish(n, by)),
        1 => (0..3u8, any::<u8>(), -5..20i64).prop_map(|(n, m, at)| SomeChange::Continue(n, m, at)),
        1 => (0..3u8, -5..20i64).prop_map(|(n, at)| SomeChange::Retry(n, at)),
        1 => (0..3u8, any::<u8>()).prop_map(|(n, m)| SomeChange::Bury(n, m)),
        1 => (0..3u8).prop_map(SomeChange::Cancel),
        1 => (0..2u8, 0..100i64).prop_map(|(n, tokens)| SomeChange::Count(n, tokens)),
        8 => of_workflows(),
    ]
}

fn of_workflows() -> impl Strategy<Value = SomeChange> {
    let lane = || 0..3u8;
    prop_oneof![
        3 => (lane(), prop::bool::ANY, prop::option::of(0..3u8))
            .prop_map(|(n, beside, by)| SomeChange::Check(n, beside, by)),
        1 => (lane(), -5..20i64).prop_map(|(n, at)| SomeChange::Fail(n, at)),
        2 => (lane(), -5..20i64).prop_map(|(n, at)| SomeChange::SetAside(n, at)),
        2 => (lane(), 1..6i64, prop::bool::ANY)
            .prop_map(|(n, no, afresh)| SomeChange::Revive(n, no, afresh)),
        1 => (lane(), 1..6i64).prop_map(|(n, no)| SomeChange::Forget(n, no)),
        1 => lane().prop_map(SomeChange::Pause),
        2 => lane().prop_map(SomeChange::Resume),
        1 => lane().prop_map(SomeChange::Interrupt),
        1 => (lane(), 0..8i64).prop_map(|(n, up_to)| SomeChange::Purge(n, up_to)),
        1 => (lane(), 0..5i64).prop_map(|(n, keep)| SomeChange::Trim(n, keep)),
    ]
}

fn write() -> impl Strategy<Value = SomeWrite> {
    let guards = prop::collection::vec(guard(), 0..2);
    (guards, prop::collection::vec(change(), 0..4))
        .prop_map(|(guards, changes)| SomeWrite(guards, changes))
}

/// Steps.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec(write(), 1..6).prop_map(Step::Commit),
        3 => (0..3u8, -5..25i64, 0..4usize).prop_map(|(n, at, limit)| Step::Claim(n, at, limit)),
        2 => (0..3u8, prop::bool::weighted(0.8)).prop_map(|(n, long)| Step::Beat(n, long)),
        1 => (0..3u8).prop_map(Step::Retire),
        1 => (1..100_000_000i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..30)
}

fn some_user(n: u8, m: u8) -> User {
    User {
        tokens_from: time(m.into()),
        ..user(&format!("user{n}"))
    }
}

fn some_session(n: u8, is_active: bool) -> Session {
    let status = if is_active {
        SessionStatus::Active
    } else {
        SessionStatus::Ended
    };
    Session {
        status,
        ..session(n.into(), "ann")
    }
}

fn some_keys(n: u8) -> [Key; 4] {
    [
        user_key(&format!("user{n}")),
        Key::of::<Session>(session_id(n.into()).as_str()),
        Key::of::<Stream>(stream(n.into()).as_str()),
        Key::of::<Lane>(lane(n.into()).as_str()),
    ]
}

/// The life with this number.
pub(super) fn some_life(n: u8) -> LifeId {
    life(n.into())
}

impl SomeGuard {
    fn guard(&self, leases: &[Lease]) -> Guard {
        match self {
            Self::Absent(n) => Guard::Absent(user_key(&format!("user{n}"))),
            Self::Unchanged(n, m) => Guard::Unchanged(Box::new(some_user(*n, *m).into())),
            Self::At(n, no) => Guard::At(stream((*n).into()), *no),
            Self::Below(n, no) => Guard::Below(stream((*n).into()), *no),
            Self::Active(n) => Guard::Active(session_id((*n).into())),
            Self::Busy(n) => Guard::Busy(lane((*n).into())),
            Self::Dead(n, no) => Guard::Dead(lane((*n).into()), *no),
            Self::Held(n, newest) => {
                let mut of_lane = leases
                    .iter()
                    .rev()
                    .filter(|lease| lease.lane == lane((*n).into()));
                let lease = of_lane.nth(usize::from(!newest));
                let none = || Lease {
                    lane: lane((*n).into()),
                    fence: 0,
                    life: some_life(0),
                };
                Guard::Held(lease.cloned().unwrap_or_else(none))
            }
        }
    }
}

impl SomeChange {
    fn change(&self, start: Timestamp) -> Change {
        let on = |n: &u8| lane((*n).into());
        match self {
            Self::Check(n, beside_others, by) => {
                let beside_others = *beside_others;
                Change::Enqueue(NewDelivery {
                    work: Work::Check { beside_others },
                    claim: by.map(some_life),
                    ..delivery(&on(n), 0)
                })
            }
            Self::Fail(n, at) => Change::Fail {
                lane: on(n),
                ready_at: start.plus_micros(*at),
            },
            Self::SetAside(n, at) => Change::SetAside {
                lane: on(n),
                reason: "set aside".to_owned(),
                retry_at: start.plus_micros(*at),
            },
            Self::Revive(n, no, afresh) => Change::Revive {
                lane: on(n),
                no: *no,
                afresh: *afresh,
            },
            Self::Forget(n, no) => Change::Forget {
                lane: on(n),
                no: *no,
            },
            Self::Pause(n) => Change::Pause(on(n)),
            Self::Resume(n) => Change::Resume(on(n)),
            Self::Interrupt(n) => Change::Interrupt(on(n)),
            Self::Purge(n, up_to) => Change::Purge {
                stream: stream((*n).into()),
                up_to: *up_to,
            },
            Self::Trim(n, keep) => Change::Trim {
                stream: stream((*n).into()),
                keep: *keep,
            },
            _ => self.plain_change(start),
        }
    }

    fn plain_change(&self, start: Timestamp) -> Change {
        let on = |n: &u8| lane((*n).into());
        match self {
            Self::PutUser(n, m) => Change::Put(Box::new(some_user(*n, *m).into())),
            Self::PutSession(n, is_active) => {
                Change::Put(Box::new(some_session(*n, *is_active).into()))
            }
            Self::PutAgent(n, m) => {
                let name = format!("agent{m}");
                Change::Put(Box::new(
                    agent((*n).into(), &name, &[&name], "likes tea").into(),
                ))
            }
            Self::Remove(n) if *n == 3 => {
                Change::Remove(Key::of::<switchboard_domain::nouns::Agent>("1"))
            }
            Self::Remove(n) => Change::Remove(user_key(&format!("user{n}"))),
            Self::Append(n, m, name) => Change::Append {
                stream: stream((*n).into()),
                event: text(&m.to_string()),
                dedup: name.map(|name| format!("name{name}")),
            },
            Self::Enqueue(n, m, only_if_idle, by) => Change::Enqueue(NewDelivery {
                about: if m % 2 == 0 {
                    About::LastAppended
                } else {
                    About::Nothing
                },
                only_if_idle: *only_if_idle,
                claim: by.map(some_life),
                ..delivery(&on(n), (*m).into())
            }),
            Self::Finish(n, by) => Change::Finish {
                lane: on(n),
                claim: by.map(some_life),
            },
            Self::Continue(n, m, at) => Change::Continue {
                lane: on(n),
                work: work((*m).into()),
                ready_at: start.plus_micros(*at),
            },
            Self::Retry(n, at) => Change::Retry {
                lane: on(n),
                ready_at: start.plus_micros(*at),
            },
            Self::Bury(n, m) => Change::Bury {
                lane: on(n),
                reason: m.to_string(),
            },
            Self::Cancel(n) => Change::Cancel(on(n)),
            Self::Count(n, tokens) => Change::Count {
                meter: format!("meter{n}"),
                usage: Usage {
                    input_tokens: *tokens,
                    output_tokens: 1,
                },
            },
            other => panic!("{other:?} is made elsewhere"),
        }
    }
}

impl SomeWrite {
    /// The write, by the leases that were given so far.
    pub(super) fn write(&self, start: Timestamp, leases: &[Lease]) -> Write {
        Write {
            guards: self.0.iter().map(|guard| guard.guard(leases)).collect(),
            changes: self.1.iter().map(|change| change.change(start)).collect(),
            reads: (0..3).flat_map(some_keys).collect(),
        }
    }
}
