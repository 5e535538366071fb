//! What only `PostgreSQL` does: several nodes on one database, and connections that break.

use super::{
    proxy::{Cut, Proxy},
    support::{PostgresDatabase, Ticking},
};
use crate::{OpenError, Role, open};
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use std::{collections::BTreeSet, sync::Arc};
use switchboard_domain::{
    conformance::store::make::{
        LATE, begin, claims, commit, enqueue, events, find, lane, list, must, said, session,
        session_id, stream, text, time, user, user_key,
    },
    nouns::{Meter, Session, SessionStatus, Usage, User},
    ports::{Change, Guard, Query, Store, StoreError, Write, WriteError},
};
use tokio_util::task::TaskTracker;

const NODES: usize = 3;
const EACH: u32 = 60;

async fn nodes(database: &PostgresDatabase) -> Vec<Arc<dyn Store>> {
    join_all((0..NODES).map(|_| database.open())).await
}

async fn close(nodes: Vec<Arc<dyn Store>>, database: PostgresDatabase) {
    for node in nodes {
        node.close().await;
    }
    database.drop().await;
}

/// Runs the work for each of many numbers on each node, all at once.
async fn on_each<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    nodes: &[Arc<dyn Store>],
    each: u32,
    work: impl Fn(Arc<dyn Store>, u32) -> F,
) -> Vec<T> {
    let tasks = TaskTracker::new();
    let numbers = nodes
        .iter()
        .flat_map(|node| (0..each).map(move |n| (node.clone(), n)));
    let handles: Vec<_> = numbers
        .map(|(node, n)| tasks.spawn(work(node, n)))
        .collect();
    join_all(handles)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_write_the_same_rows_agree() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    let nodes = nodes(&database).await;
    let outcomes = on_each(&nodes, EACH, async |node: Arc<dyn Store>, n| {
        let name = format!("user{n}");
        let write = Write::new()
            .append(stream(n % 5), text("x"))
            .append(stream(100), text("y"))
            .change(Change::Enqueue(
                switchboard_domain::conformance::store::make::delivery(&lane(n % 4), n),
            ));
        must(node.commit(write).await);
        let usage = Usage {
            input_tokens: 1,
            output_tokens: 0,
        };
        let meter = "meter".to_owned();
        must(
            node.commit(Write::new().change(Change::Count { meter, usage }))
                .await,
        );
        node.commit(Write::new().absent(user_key(&name)).put(user(&name)))
            .await
    })
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, EACH as usize, "each user is made once");
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(_) | Err(WriteError::Refused(_)))),
        "{outcomes:?}"
    );
    let all = i64::try_from(outcomes.len()).unwrap();
    let numbers = async |n| {
        events(&*nodes[0], &stream(n))
            .await
            .into_iter()
            .map(|it| it.position.no)
    };
    assert!(numbers(100).await.eq(1..=all));
    assert!(numbers(1).await.eq(1..=all / 5));
    assert_eq!(
        find::<Meter>(&*nodes[1], "meter")
            .await
            .unwrap()
            .input_tokens,
        all
    );
    assert_eq!(
        list::<User>(&*nodes[2], Query::Users).await.len(),
        EACH as usize
    );
    for n in 0..4 {
        for no in 1..=all / 4 {
            assert!(must(nodes[0].delivery(&lane(n), no).await).is_some());
        }
    }
    close(nodes, database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_share_the_work() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    let nodes = nodes(&database).await;
    join_all((0..200).map(|n| commit(&*nodes[0], enqueue(&lane(n % 50), n)))).await;
    let lives = join_all((1..).zip(&nodes).map(|(n, node)| begin(&**node, n))).await;
    let done = on_each(&nodes, 4, async |node: Arc<dyn Store>, n| {
        // Which life is asked by whom does not matter here.
        let life = switchboard_domain::conformance::store::make::life(u128::from(n) % 3 + 1);
        let mut done = Vec::new();
        loop {
            let claimed = claims(&*node, &life, LATE, 4).await.claimed;
            if claimed.is_empty() {
                return done;
            }
            for claimed in claimed {
                let finish = Write::new()
                    .guard(Guard::Held(claimed.lease.clone()))
                    .append(stream(1), text("done"))
                    .change(Change::Finish {
                        lane: claimed.lease.lane.clone(),
                        claim: None,
                    });
                must(node.commit(finish).await);
                done.push((claimed.lease.lane, claimed.delivery.no));
            }
        }
    })
    .await;
    assert_eq!(lives.len(), NODES);
    let all: Vec<_> = done.concat();
    assert_eq!(
        all.iter().collect::<BTreeSet<_>>().len(),
        all.len(),
        "each delivery is worked on once"
    );
    assert_eq!(all.len(), 200);
    assert_eq!(said(&*nodes[0], &stream(1)).await.len(), 200);
    close(nodes, database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_ended_session_takes_nothing_from_any_node() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    let nodes = nodes(&database).await;
    commit(&*nodes[0], Write::new().put(session(1, "ann"))).await;
    let outcomes = on_each(&nodes, EACH, async |node: Arc<dyn Store>, n| {
        if n == EACH / 2 {
            let ended = Session {
                status: SessionStatus::Ended,
                ended_at: Some(time(1)),
                ..session(1, "ann")
            };
            let end = Write::new()
                .unchanged(session(1, "ann"))
                .put(ended)
                .append(stream(1), text("end"));
            return node.commit(end).await;
        }
        let say = Write::new()
            .guard(Guard::Active(session_id(1)))
            .append(stream(1), text("said"));
        node.commit(say).await
    })
    .await;
    let said = said(&*nodes[0], &stream(1)).await;
    assert_eq!(said.iter().filter(|said| *said == "end").count(), 1);
    assert_eq!(
        said.last().map(String::as_str),
        Some("end"),
        "nothing is said after the end"
    );
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        said.len()
    );
    close(nodes, database).await;
}

/// A database behind a wire that can be cut.
async fn wired() -> Option<(PostgresDatabase, Proxy, Arc<dyn Store>)> {
    let database = PostgresDatabase::create().await?;
    let url = database.url();
    let (login, rest) = url.expose_secret().rsplit_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(server.to_owned()).await;
    let url: SecretString =
        format!("{login}@127.0.0.1:{}/{name}?sslmode=disable", proxy.port).into();
    let store = open(&url, Role::Server, Ticking::new()).await.unwrap();
    Some((database, proxy, store))
}

fn say(content: &str) -> Write {
    Write::new().append(stream(1), text(content))
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_happens_once() {
    let Some((database, proxy, store)) = wired().await else {
        return;
    };
    commit(&*store, say("first")).await;
    for (cut, content) in [(Cut::AfterCommit, "heard"), (Cut::BeforeCommit, "unheard")] {
        proxy.cut(cut);
        let receipt = commit(&*store, say(content)).await;
        let last = events(&*store, &stream(1)).await.pop().unwrap();
        assert_eq!(receipt.appended, [(stream(1), last.position)]);
    }
    // The same for claims: what was claimed is known to whoever claimed it.
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    proxy.cut(Cut::AfterCommit);
    assert_eq!(claims(&*store, &life, LATE, 10).await.claimed.len(), 1);
    assert_eq!(
        said(&*store, &stream(1)).await,
        ["first", "heard", "unheard"]
    );
    store.close().await;
    proxy.end().await;
    database.drop().await;
}

#[tokio::test]
async fn a_database_that_is_away_is_an_error_and_no_hang() {
    let Some((database, proxy, store)) = wired().await else {
        return;
    };
    commit(&*store, say("first")).await;
    proxy.cut(Cut::Always);
    let outcomes = join_all((0..3).map(|_| store.commit(say("lost")))).await;
    for outcome in outcomes {
        assert!(
            matches!(outcome, Err(WriteError::Store(StoreError::Broken(_)))),
            "{outcome:?}"
        );
    }
    assert!(matches!(store.ping().await, Err(StoreError::Broken(_))));
    proxy.cut(Cut::AfterCommitForGood);
    let unknown = store.commit(say("unknown")).await;
    let Err(WriteError::Store(StoreError::Broken(cause))) = unknown else {
        panic!("{unknown:?}")
    };
    assert!(cause.contains("may have happened"), "{cause}");
    proxy.cut(Cut::Never);
    commit(&*store, say("last")).await;
    assert_eq!(
        said(&*store, &stream(1)).await,
        ["first", "unknown", "last"]
    );
    store.close().await;
    proxy.end().await;
    database.drop().await;
}

#[tokio::test]
async fn a_network_that_says_nothing_is_an_error_and_no_hang() {
    let Some((database, proxy, store)) = wired().await else {
        return;
    };
    commit(&*store, say("first")).await;
    proxy.cut(Cut::Silent);
    let lost = store.commit(say("lost")).await;
    assert!(
        matches!(lost, Err(WriteError::Store(StoreError::Broken(_)))),
        "{lost:?}"
    );
    assert!(matches!(store.ping().await, Err(StoreError::Broken(_))));
    proxy.cut(Cut::Never);
    commit(&*store, say("last")).await;
    assert_eq!(said(&*store, &stream(1)).await, ["first", "last"]);
    store.close().await;
    proxy.end().await;
    database.drop().await;
}

#[tokio::test]
async fn commits_are_synced() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    let store = database.open().await;
    let settings = must(store.durability().await);
    let expected = [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
    ];
    assert_eq!(
        settings,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    close(vec![store], database).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let Some(database) = PostgresDatabase::create().await else {
        return;
    };
    let url = database.url();
    let (_, place) = url.expose_secret().rsplit_once('@').unwrap();
    let wrong: SecretString = format!("postgres://nobody:hunter2@{place}").into();
    let refused = open(&wrong, Role::Server, Ticking::new())
        .await
        .err()
        .unwrap();
    assert!(
        matches!(refused, OpenError::Unreachable { .. }),
        "{refused}"
    );
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    database.drop().await;
}
