//! Whatever is done to them, all stores answer the same and hold the same.

use super::{
    steps::{Step, some_life, steps},
    support::{PostgresDatabase, sqlite_url},
};
use crate::{Role, memory, open};
use futures::future::join_all;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::{cell::RefCell, fmt::Debug, sync::Arc, time::Duration};
use switchboard_domain::{
    Timestamp,
    conformance::store::make::{find, id, lane, stream},
    nouns::{Lane, Lease},
    ports::{Claims, Clock, Key, Kind, Page, Query, Receipt, Refusal, Store, WriteError},
};
use switchboard_testkit::clock::TestClock;

/// What a step answered. Errors of the engines differ in their words only.
#[derive(Debug, PartialEq)]
enum Answer {
    Committed(Vec<Result<Receipt, Option<Refusal>>>),
    Claimed(Claims),
    Done,
}

async fn run(store: &dyn Store, step: &Step, start: Timestamp, leases: &[Lease]) -> Answer {
    match step {
        Step::Commit(writes) => {
            let writes = writes
                .iter()
                .map(|write| store.commit(write.write(start, leases)));
            let outcome = |outcome: Result<Receipt, WriteError>| {
                outcome.map_err(|error| match error {
                    WriteError::Refused(refusal) => Some(refusal),
                    WriteError::Store(_) => None,
                })
            };
            Answer::Committed(join_all(writes).await.into_iter().map(outcome).collect())
        }
        Step::Claim(n, at, limit) => Answer::Claimed(
            store
                .claim(&some_life(*n), start.plus_micros(*at), *limit)
                .await
                .unwrap(),
        ),
        Step::Beat(n, long) => {
            let ttl = if *long {
                Duration::from_secs(1_000_000)
            } else {
                Duration::ZERO
            };
            store.beat(&some_life(*n), ttl).await.unwrap();
            Answer::Done
        }
        Step::Retire(n) => {
            store.retire(&some_life(*n)).await.unwrap();
            Answer::Done
        }
        Step::Wait(_) => Answer::Done,
    }
}

impl Answer {
    fn leases(&self) -> Vec<Lease> {
        let claimed = match self {
            Self::Committed(outcomes) => outcomes
                .iter()
                .flatten()
                .flat_map(|receipt| receipt.claimed.clone())
                .collect(),
            Self::Claimed(claims) => claims.claimed.clone(),
            Self::Done => Vec::new(),
        };
        claimed.into_iter().map(|claimed| claimed.lease).collect()
    }
}

/// All that a store holds of what the steps can touch.
async fn contents(store: &dyn Store) -> Vec<String> {
    let mut all = Vec::new();
    let mut note = |what: &dyn Debug| all.push(format!("{what:?}"));
    for n in 0..4_u32 {
        for (kind, id) in [
            (Kind::User, format!("user{n}")),
            (Kind::Agent, n.to_string()),
            (Kind::Lane, lane(n).to_string()),
            (Kind::Stream, stream(n).to_string()),
            (Kind::Meter, format!("meter{n}")),
        ] {
            note(
                &store
                    .get(&Key {
                        kind,
                        id: id.into(),
                    })
                    .await
                    .unwrap(),
            );
        }
        let (limit, no) = (1000, i64::MAX);
        for bytes in [500, usize::MAX] {
            let after = Page::After {
                after: 0,
                limit,
                bytes,
            };
            let up_to = Page::UpTo { no, limit, bytes };
            note(&store.events(&stream(n), after).await.unwrap());
            note(&store.events(&stream(n), up_to).await.unwrap());
        }
        let next_no = find::<Lane>(store, lane(n).as_str())
            .await
            .map_or(1, |lane| lane.next_no);
        note(&store.waiting(&lane(n), 0, 1000).await.unwrap());
        note(&store.dead_in(&lane(n), 1000).await.unwrap());
        for no in 1..=next_no {
            note(&store.delivery(&lane(n), no).await.unwrap());
        }
    }
    note(&store.dead(&id("ann"), 1000).await.unwrap());
    note(&store.set_aside(1000).await.unwrap());
    for query in [
        Query::Users,
        Query::Sessions {
            owner: id("ann"),
            status: None,
            limit: 100,
        },
        Query::AgentsVisibleTo(id("bob")),
        Query::AgentsMatching {
            user: id("bob"),
            text: "agent1".to_owned(),
            limit: 10,
        },
    ] {
        note(&store.list(&query).await.unwrap());
    }
    all
}

async fn compare(
    one: &dyn Store,
    two: &dyn Store,
    clock: &TestClock,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    let start = clock.now();
    let mut leases = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        if let Step::Wait(micros) = step {
            clock.advance(Duration::from_micros(micros.unsigned_abs()));
        }
        let (first, second) = (
            run(one, step, start, &leases).await,
            run(two, step, start, &leases).await,
        );
        proptest::prop_assert_eq!(&first, &second, "step {}", n);
        leases.extend(first.leases());
    }
    proptest::prop_assert_eq!(contents(one).await, contents(two).await);
    Ok(())
}

/// Runs a fraction of the usual number of cases (`PROPTEST_CASES`, 256) against the memory store. The other store is opened anew for each.
fn check<F: Future<Output = Arc<dyn Store>>>(fraction: u32, open: impl Fn(Arc<TestClock>) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let usual = Config::default();
    let config = Config {
        cases: usual.cases / fraction,
        failure_persistence: None,
        ..usual
    };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        runtime.block_on(async {
            let clock = Arc::new(TestClock::new());
            let other = open(clock.clone()).await;
            let outcome = compare(&*memory(clock.clone()), &*other, &clock, &steps).await;
            other.close().await;
            outcome
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn sqlite_equals_memory() {
    // Kept until the end, since a store may open its file again.
    let folders = RefCell::new(Vec::new());
    check(4, async |clock| {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder);
        folders.borrow_mut().push(folder);
        open(&url, Role::Server, clock).await.unwrap()
    });
}

#[test]
fn postgres_equals_memory() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let Some(database) = runtime.block_on(PostgresDatabase::create()) else {
        return;
    };
    check(10, async |clock| {
        let store = open(&database.url(), Role::Server, clock).await.unwrap();
        database.empty().await;
        store
    });
    runtime.block_on(database.drop());
}
