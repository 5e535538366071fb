//! What only `SQLite` does: one server a folder, tools beside it, and what the file keeps.

use super::support::{Ticking, sqlite, sqlite_url};
use crate::{OpenError, Role, open};
use futures::{future::join_all, poll};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, query};
use std::{task::Poll, time::Duration};
use switchboard_domain::{
    Timestamp,
    conformance::store::make::{
        begin, claim_all, commit, delivery, enqueue, find, lane, life, must, refused, said, stream,
        text, user,
    },
    nouns::User,
    ports::{Change, Key, NewDelivery, Page, Refusal, StoreError, Write, WriteError},
};
use tempfile::TempDir;

async fn opened(url: &SecretString, role: Role) -> Result<(), OpenError> {
    let store = open(url, role, Ticking::new()).await?;
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn what_was_stored_is_there_when_it_is_opened_again() {
    let (store, folder) = sqlite().await;
    commit(
        &*store,
        Write::new()
            .put(user("ann"))
            .append(stream(1), text("kept")),
    )
    .await;
    store.close().await;
    drop(store);
    let store = open(&sqlite_url(&folder), Role::Server, Ticking::new())
        .await
        .unwrap();
    assert_eq!(find(&*store, "ann").await, Some(user("ann")));
    assert_eq!(said(&*store, &stream(1)).await, ["kept"]);
    store.close().await;
}

#[tokio::test]
async fn a_folder_has_one_server_and_any_tools() {
    let (store, folder) = sqlite().await;
    let url = sqlite_url(&folder);
    let refused = opened(&url, Role::Server).await.unwrap_err();
    assert!(matches!(refused, OpenError::InUse(_)), "{refused}");
    assert!(refused.to_string().contains("stop that one"), "{refused}");
    let tool = open(&url, Role::Tool, Ticking::new()).await.unwrap();
    let both = (0..20)
        .map(|n| if n % 2 == 0 { &store } else { &tool })
        .zip(0..);
    let writes =
        both.map(|(store, n)| commit(&**store, enqueue(&lane(1), n).append(stream(1), text("x"))));
    join_all(writes).await;
    assert_eq!(said(&*store, &stream(1)).await.len(), 20);
    tool.close().await;
    store.close().await;
    drop(store);
    opened(&url, Role::Server).await.unwrap();
}

#[tokio::test]
async fn fresh_and_settled_events_are_one_stream() {
    let (store, folder) = sqlite().await;
    let named = |n: i64| {
        let (stream, event, dedup) = (stream(1), text(&n.to_string()), Some(n.to_string()));
        Write::new().change(Change::Append {
            stream,
            event,
            dedup,
        })
    };
    for n in 1..=30 {
        commit(&*store, named(n)).await;
        commit(&*store, Write::new().append(stream(2), text("other"))).await;
        let Refusal::Duplicate(position) = refused(&*store, named(n / 2 + 1)).await else {
            panic!("the name of event {n} is taken");
        };
        assert_eq!(position.no, n / 2 + 1);
    }
    let expected: Vec<_> = (1..=30).map(|n| n.to_string()).collect();
    assert_eq!(said(&*store, &stream(1)).await, expected);
    let last = Page::UpTo {
        no: 29,
        limit: 4,
        bytes: usize::MAX,
    };
    let page = must(store.events(&stream(1), last).await);
    let numbers: Vec<_> = page.iter().map(|event| event.position.no).collect();
    assert_eq!(numbers, [26, 27, 28, 29]);
    store.close().await;
    drop(store);
    let url = sqlite_url(&folder);
    let again = open(&url, Role::Server, Ticking::new()).await.unwrap();
    commit(&*again, named(31)).await;
    assert_eq!(said(&*again, &stream(1)).await.len(), 31);
    again.close().await;
}

#[tokio::test]
async fn what_a_tool_changed_is_seen_at_once() {
    let (store, folder) = sqlite().await;
    let tool = open(&sqlite_url(&folder), Role::Tool, Ticking::new())
        .await
        .unwrap();
    let ann = Key::of::<User>("ann");
    let mut lanes = 0..;
    let mut ask = || {
        let claimed = NewDelivery {
            claim: Some(life(1)),
            ..delivery(&lane(lanes.next().unwrap()), 1)
        };
        let write = Write::new().change(Change::Enqueue(claimed));
        write.read([ann.clone()])
    };
    commit(&*store, Write::new().put(user("ann"))).await;
    for no in 1..4 {
        let changed = User {
            tokens_from: Timestamp::from_micros(no),
            ..user("ann")
        };
        let known = commit(&*store, ask())
            .await
            .read
            .get::<User>("ann")
            .unwrap();
        assert_ne!(known.as_ref(), Some(&changed));
        commit(&*tool, Write::new().put(changed.clone())).await;
        let told = commit(&*store, ask()).await.read.get::<User>("ann");
        assert_eq!(told, Some(Some(changed)));
    }
    commit(&*tool, Write::new().change(Change::Remove(ann.clone()))).await;
    let told = commit(&*store, ask()).await.read.get::<User>("ann");
    assert_eq!(told, Some(None));
    tool.close().await;
    store.close().await;
}

#[tokio::test]
async fn earlier_lives_are_void_for_the_next_server_and_not_for_tools() {
    let (store, folder) = sqlite().await;
    let url = sqlite_url(&folder);
    let one = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    claim_all(&*store, &one).await;
    opened(&url, Role::Tool).await.unwrap();
    assert_eq!(claim_all(&*store, &life(2)).await, []);
    store.close().await;
    drop(store);
    let store = open(&url, Role::Server, Ticking::new()).await.unwrap();
    assert_eq!(claim_all(&*store, &life(2)).await.len(), 1);
    store.close().await;
}

#[tokio::test]
async fn commits_are_synced() {
    let (store, _folder) = sqlite().await;
    let settings = must(store.durability().await);
    let expected = [("journal_mode", "wal"), ("synchronous", "2")];
    assert_eq!(
        settings,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    store.close().await;
}

#[tokio::test]
async fn the_queue_of_writes_has_an_end() {
    let (store, folder) = sqlite().await;
    let mut other = SqliteConnection::connect(sqlite_url(&folder).expose_secret())
        .await
        .unwrap();
    // While somebody else writes, nothing leaves the queue but what shares the next transaction.
    query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let write = |n: u32| store.commit(Write::new().append(stream(n % 3), text("x")));
    let mut writes: Vec<_> = (0..5000).map(write).collect();
    let mut outcomes = Vec::new();
    let mut waiting = Vec::new();
    for mut write in writes.drain(..) {
        match poll!(&mut write) {
            Poll::Ready(outcome) => outcomes.push(outcome),
            Poll::Pending => waiting.push(write),
        }
    }
    query("COMMIT").execute(&mut other).await.unwrap();
    let full = Err(WriteError::Store(StoreError::Full));
    assert!(outcomes.iter().all(|outcome| *outcome == full));
    let (queue, batch) = (4096, 512);
    assert!(outcomes.len() >= 5000 - queue - batch && outcomes.len() <= 5000 - queue);
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    other.close().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_newer_or_foreign_schema_is_left_alone() {
    let (store, folder) = sqlite().await;
    store.close().await;
    drop(store);
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'later', true, x'00', 0)";
    alter(&folder, newer).await;
    let refused = opened(&sqlite_url(&folder), Role::Server)
        .await
        .unwrap_err();
    assert!(matches!(refused, OpenError::Newer(9999)), "{refused}");
    alter(&folder, "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    alter(&folder, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let refused = opened(&sqlite_url(&folder), Role::Server)
        .await
        .unwrap_err();
    assert!(matches!(refused, OpenError::Foreign(1)), "{refused}");
}

async fn alter(folder: &TempDir, sql: &str) {
    let path = folder.path().join("switchboard.db");
    let mut conn = SqliteConnection::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn urls_that_name_no_store_are_told_apart() {
    for url in ["", "sqlite:", "mysql://x", "/tmp/x.db", "postgres:x"] {
        let refused = opened(&url.into(), Role::Tool).await.unwrap_err();
        assert!(matches!(refused, OpenError::Url), "{url}: {refused}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let inside = format!("sqlite:{}/file/x.db", folder.path().display());
    let refused = opened(&inside.into(), Role::Tool).await.unwrap_err();
    assert!(matches!(refused, OpenError::Folder { .. }), "{refused}");
    let nested = format!("sqlite:{}/a/b/x.db", folder.path().display());
    opened(&nested.into(), Role::Server).await.unwrap();
}

#[tokio::test]
async fn the_password_of_an_unreachable_database_is_not_shown() {
    let url = "postgres://user:hunter2@127.0.0.1:1/none".into();
    let refused = opened(&url, Role::Server).await.unwrap_err().to_string();
    assert!(
        refused.contains("127.0.0.1:1") && !refused.contains("hunter2"),
        "{refused}"
    );
    let refused = opened(
        &"postgres://user:hunter2@host:port/none".into(),
        Role::Server,
    )
    .await
    .unwrap_err();
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (store, folder) = sqlite().await;
    commit(&*store, Write::new().put(user("ann"))).await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?} has {mode:o}", entry.file_name());
    }
    store.close().await;
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_happens_all_the_same() {
    let (store, _folder) = sqlite().await;
    {
        let write = store.commit(Write::new().put(user("ann")));
        futures::pin_mut!(write);
        assert!(futures::poll!(write.as_mut()).is_pending());
    }
    commit(&*store, Write::new()).await;
    assert_eq!(find::<User>(&*store, "ann").await, Some(user("ann")));
    must(store.beat(&life(1), Duration::MAX).await);
    store.close().await;
}
