//! A fault at any step of a batch or a claim: each write is there whole or not at all, and what was
//! acknowledged is there.

use super::{
    faulty::{Failure, Faulty, Plan},
    support::{PostgresDatabase, Ticking, sqlite_url},
};
use crate::{Role, database::Database, engine::Engine, open, postgres, sqlite, store::SqlStore};
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use switchboard_domain::{
    conformance::store::make::{
        LATE, claims, delivery, find, id, lane, life, must, said, stream, text, user, user_key,
    },
    nouns::{Claimed, Lane, User},
    ports::{Change, Guard, Store, StoreError, Write, WriteError},
};

async fn engine(url: &SecretString) -> Box<dyn Engine> {
    match url.expose_secret().strip_prefix("sqlite:") {
        Some(path) => Box::new(sqlite::open(Path::new(path), Role::Server).await.unwrap()),
        None => Box::new(
            postgres::open(url.expose_secret(), Ticking::new())
                .await
                .unwrap(),
        ),
    }
}

/// Opens a store that follows the plan.
async fn faulty(url: &SecretString, plan: &Arc<Plan>) -> Arc<dyn Store> {
    let engine = Faulty {
        engine: engine(url).await,
        plan: plan.clone(),
    };
    Arc::new(SqlStore::new(Database::new(
        Box::new(engine),
        Ticking::new(),
    )))
}

/// The `n`th of the writes that share a batch: an event, a user, and a delivery.
fn write(n: u32) -> Write {
    Write::new()
        .absent(user_key(&format!("user{n}")))
        .append(stream(1), text(&n.to_string()))
        .put(user(&format!("user{n}")))
        .change(Change::Enqueue(delivery(&lane(1), n)))
}

/// Which of the writes are there. Each is whole.
async fn stored(store: &dyn Store, count: u32) -> BTreeSet<u32> {
    let said = said(store, &stream(1)).await;
    let lane_row: Option<Lane> = find(store, lane(1).as_str()).await;
    let mut stored = BTreeSet::new();
    for n in 0..count {
        if find::<User>(store, format!("user{n}")).await.is_some() {
            stored.insert(n);
        }
    }
    assert_eq!(said.len(), stored.len());
    assert!(said.iter().all(|n| stored.contains(&n.parse().unwrap())));
    assert_eq!(
        lane_row.map_or(1, |lane| lane.next_no),
        i64::try_from(stored.len()).unwrap() + 1
    );
    for no in 1..=i64::try_from(stored.len()).unwrap() {
        assert!(must(store.delivery(&lane(1), no).await).is_some());
    }
    stored
}

const WRITES: u32 = 5;

async fn fail_a_batch(url: &SecretString, failure: Failure, at: usize) -> bool {
    let plan = Plan::new(failure, at);
    let store = faulty(url, &plan).await;
    let outcomes = join_all((0..WRITES).map(|n| store.commit(write(n)))).await;
    store.close().await;
    let acknowledged: BTreeSet<u32> = (0..)
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(n, _)| n)
        .collect();
    let store = open(url, Role::Server, Ticking::new()).await.unwrap();
    let there = stored(&*store, WRITES).await;
    match failure {
        Failure::Crash => assert_eq!(there, acknowledged),
        Failure::CrashAfterCommit => assert!(there.is_superset(&acknowledged)),
        Failure::Conflict | Failure::Away | Failure::Bad => {
            // A write that was alone in its batch is the one that the database refuses.
            let least = outcomes.len() - usize::from(failure == Failure::Bad);
            assert!(there.len() >= least, "one fault is survived: {outcomes:?}");
            assert_eq!(acknowledged, there);
        }
    }
    // What is not there can be written again, and what is there is recognized.
    for outcome in join_all((0..WRITES).map(|n| store.commit(write(n)))).await {
        assert!(matches!(outcome, Ok(_) | Err(WriteError::Refused(_))));
    }
    assert_eq!(stored(&*store, WRITES).await.len(), outcomes.len());
    store.close().await;
    plan.has_failed()
}

/// Finishes a delivery under its lease, with an answer.
fn outcome(claimed: &Claimed) -> Write {
    Write::new()
        .guard(Guard::Held(claimed.lease.clone()))
        .append(stream(2), text(&claimed.delivery.no.to_string()))
        .change(Change::Finish {
            lane: lane(1),
            claim: Some(claimed.lease.life.clone()),
        })
}

async fn work(store: &dyn Store) -> Result<(), StoreError> {
    let mut claimed = store.claim(&life(1), LATE, 10).await?.claimed;
    while let Some(next) = claimed.pop() {
        match store.commit(outcome(&next)).await {
            Ok(receipt) => claimed.extend(receipt.claimed),
            Err(WriteError::Store(error)) => return Err(error),
            Err(WriteError::Refused(refusal)) => panic!("{refusal}"),
        }
    }
    Ok(())
}

async fn fail_the_work(url: &SecretString, failure: Failure, at: usize) -> bool {
    let store = open(url, Role::Server, Ticking::new()).await.unwrap();
    for n in 0..3 {
        must(store.commit(write(n)).await);
    }
    store.close().await;
    let plan = Plan::new(failure, at);
    let store = faulty(url, &plan).await;
    let worked = work(&*store).await;
    store.close().await;
    assert_eq!(
        worked.is_err(),
        plan.has_failed() && matches!(failure, Failure::Crash | Failure::CrashAfterCommit)
    );
    // The node is gone; another goes on with what is left, and each delivery has one answer.
    let store = open(url, Role::Server, Ticking::new()).await.unwrap();
    must(store.retire(&life(1)).await);
    let mut claimed = claims(&*store, &life(2), LATE, 10).await.claimed;
    while let Some(next) = claimed.pop() {
        claimed.extend(must(store.commit(outcome(&next)).await).claimed);
    }
    assert_eq!(said(&*store, &stream(2)).await, ["1", "2", "3"]);
    assert_eq!(must(store.dead(&id("ann"), 10).await), []);
    store.close().await;
    plan.has_failed()
}

const FAILURES: [Failure; 5] = [
    Failure::Crash,
    Failure::CrashAfterCommit,
    Failure::Conflict,
    Failure::Away,
    Failure::Bad,
];

#[tokio::test]
async fn sqlite_survives_a_fault_at_any_step_of_a_batch() {
    for failure in FAILURES {
        for at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            if !fail_a_batch(&sqlite_url(&folder), failure, at).await {
                assert!(at > 8, "a batch has many steps");
                break;
            }
        }
    }
}

#[tokio::test]
async fn sqlite_survives_a_fault_at_any_step_of_the_work() {
    for failure in [
        Failure::Crash,
        Failure::CrashAfterCommit,
        Failure::Conflict,
        Failure::Away,
    ] {
        for at in 0.. {
            let folder = tempfile::tempdir().unwrap();
            if !fail_the_work(&sqlite_url(&folder), failure, at).await {
                assert!(at > 20, "claiming and finishing have many steps");
                break;
            }
        }
    }
}

#[tokio::test]
async fn postgres_survives_a_fault_at_any_step_of_a_batch() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    // The steps are those of SQLite; what differs is how the engine rolls back.
    for failure in [Failure::CrashAfterCommit, Failure::Away] {
        for at in 0.. {
            if !fail_a_batch(&database.url(), failure, at).await {
                break;
            }
            database.empty().await;
        }
        database.empty().await;
    }
    database.drop().await;
}

#[tokio::test]
async fn postgres_survives_a_crash_at_any_step_of_the_work() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    for at in 0.. {
        if !fail_the_work(&database.url(), Failure::CrashAfterCommit, at).await {
            break;
        }
        database.empty().await;
    }
    database.drop().await;
}
