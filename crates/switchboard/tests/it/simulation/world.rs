//! What all nodes of a simulation share: time, chance, the store, and the record of what happened.

use std::{
    collections::VecDeque,
    env,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::FutureExt as _;
use switchboard_core::{Limits, Settings};
use switchboard_domain::ports::{Clock as _, Store};
use switchboard_testkit::random::TestRandom;

use super::{bus::Hub, clock::SimClock, people::People, shadow::Shadow};

/// How many of the last steps a failure shows.
const SHOWN: usize = 60;

/// What goes wrong how often in this simulation, in percent, and how the nodes are set.
pub struct Plan {
    pub nodes: u32,
    pub bus_loss: usize,
    pub bus_local_loss: usize,
    pub bus_delay_us: usize,
    pub store_fault: usize,
    pub store_delay_us: usize,
    pub settings: Settings,
}

impl Plan {
    fn draw(random: &TestRandom) -> Self {
        let one_of = |of: &[usize]| of[random.below(of.len())];
        let small = |of: &[usize]| i64::try_from(one_of(of)).unwrap();
        let nodes = u32::try_from(one_of(&[1, 2, 3, 3])).unwrap();
        let limits = Limits {
            session_create_per_minute: 0,
            session_query_per_minute: 0,
            agent_ops_per_minute: 0,
            ws_texts_per_minute: 0,
            sessions_per_user: one_of(&[0, 3]),
            turns_per_agent: u32::try_from(one_of(&[1, 2, 5])).unwrap(),
            tokens_per_minute: small(&[0, 0, 3000]),
            session_lifetime_s: small(&[0, 120, 3600]),
            model_timeout_s: 25,
            messages_per_session: small(&[0, 1000, 12]),
            ..Limits::default()
        };
        Self {
            nodes,
            bus_loss: one_of(&[0, 20, 60]),
            bus_local_loss: one_of(&[0, 0, 20]),
            bus_delay_us: one_of(&[1_000, 50_000, 5_000_000]),
            store_fault: one_of(&[0, 1, 3, 8]),
            store_delay_us: one_of(&[1, 5_000, 500_000]),
            settings: Settings {
                limits,
                lease_s: 15,
                workers: one_of(&[1, 2, 256]),
                ..Settings::default()
            },
        }
    }
}

/// What all nodes share.
pub struct World {
    pub seed: u64,
    pub clock: SimClock,
    pub random: TestRandom,
    pub plan: Plan,
    pub hub: Hub,
    /// The store itself, which does what it is told and says so.
    pub store: Arc<dyn Store>,
    pub shadow: Mutex<Shadow>,
    pub people: Mutex<People>,
    /// Once it is calm nothing goes wrong any more.
    calm: AtomicBool,
    /// Whether all that is noted is printed.
    told: bool,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    last: VecDeque<String>,
    hash: u64,
    violation: Option<String>,
}

impl World {
    pub fn new(seed: u64) -> Arc<Self> {
        let clock = SimClock::new();
        let random = TestRandom::seeded(seed);
        Arc::new(Self {
            seed,
            plan: Plan::draw(&random),
            store: switchboard_store::memory(Arc::new(clock.clone())),
            clock,
            random,
            hub: Hub::default(),
            shadow: Mutex::default(),
            people: Mutex::default(),
            calm: AtomicBool::new(false),
            told: env::var_os("SWITCHBOARD_SIM_TRACE").is_some(),
            record: Mutex::default(),
        })
    }

    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    pub fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// True so often, in percent.
    pub fn chance(&self, percent: usize) -> bool {
        self.random.below(100) < percent
    }

    /// As [`chance`](Self::chance), until it is calm.
    pub fn faulty(&self, percent: usize) -> bool {
        !self.is_calm() && self.chance(percent)
    }

    /// Some microseconds, at least one and at most so many.
    pub fn micros(&self, most: usize) -> i64 {
        i64::try_from(self.random.below(most.max(1)) + 1).unwrap()
    }

    /// Sleeps for some microseconds.
    pub async fn pause(&self, most: usize) {
        let until = self.clock.now().plus_micros(self.micros(most));
        self.clock.sleep_until(until).await;
    }

    /// Notes what happens. Two runs of a seed note the same.
    pub fn note(&self, what: impl FnOnce() -> String) {
        let line = format!("{} {}", self.clock.now(), what());
        if self.told {
            eprintln!("{line}");
        }
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hasher = DefaultHasher::new();
        (record.hash, &line).hash(&mut hasher);
        record.hash = hasher.finish();
        record.last.push_back(line);
        if record.last.len() > SHOWN {
            record.last.pop_front();
        }
    }

    /// Notes that something happened that must not. The first counts.
    pub fn violated(&self, rule: impl Into<String>) {
        let rule = rule.into();
        self.note(|| format!("VIOLATED: {rule}"));
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.violation.get_or_insert(rule);
    }

    /// Notes it unless this holds.
    pub fn require(&self, holds: bool, rule: impl FnOnce() -> String) {
        if !holds {
            self.violated(rule());
        }
    }

    /// The hash of all that was noted.
    pub fn hash(&self) -> u64 {
        self.record
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hash
    }

    /// What was violated, with the seed and what happened before.
    pub fn violation(&self) -> Option<String> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = record.violation.as_ref()?;
        let last: Vec<&str> = record.last.iter().map(String::as_str).collect();
        Some(format!(
            "seed {}: {rule}\n  {}",
            self.seed,
            last.join("\n  ")
        ))
    }
}

/// What the store in memory answers, which is at once.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    future
        .now_or_never()
        .expect("the store in memory never waits")
}
