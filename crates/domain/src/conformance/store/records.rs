//! Records: every kind is stored, replaced, read and removed.

use super::make::{agent, commit, find, lane, must, session, time, token, user};
use crate::{
    ids::AccessTokenId,
    nouns::{
        ApiToken, Hidden, Lockout, Memory, Meter, Object, Revocation, Role, Secret, Usage, User,
    },
    ports::{Change, Key, Kind, Record, Store, StoreError, Write, WriteError},
};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

fn memory(value: serde_json::Value) -> Memory {
    let value = match value {
        serde_json::Value::Object(members) => members,
        _ => Object::new(),
    };
    Memory {
        id: Memory::key("agent_1", &lane(1)),
        agent: "agent_1".to_owned(),
        lane: lane(1),
        value,
    }
}

fn secret(sealed: &str) -> Secret {
    Secret {
        id: "jwt".to_owned(),
        sealed: Hidden::new(sealed),
    }
}

/// A first and a second state of a record of each kind that can be put.
fn pairs() -> Vec<(Record, Record)> {
    let revocation = Revocation {
        id: AccessTokenId::from_uuid(Uuid::from_u128(1)),
        until: time(1),
    };
    let lockout = Lockout {
        id: "ann".to_owned(),
        failures: 1,
        locked_until: None,
        last_at: time(1),
    };
    let mut ended = session(1, "ann");
    ended.status = crate::nouns::SessionStatus::Ended;
    (ended.expires_at, ended.ended_at) = (None, Some(time(9)));
    ended.agents.clear();
    vec![
        (
            user("ann").into(),
            User {
                role: Role::Admin,
                disabled_at: Some(time(2)),
                ..user("ann")
            }
            .into(),
        ),
        (
            token(1, "ann").into(),
            ApiToken {
                revoked_at: Some(time(3)),
                ..token(1, "ann")
            }
            .into(),
        ),
        (
            lockout.clone().into(),
            Lockout {
                failures: 2,
                locked_until: Some(time(4)),
                ..lockout
            }
            .into(),
        ),
        (
            revocation.clone().into(),
            Revocation {
                until: time(2),
                ..revocation
            }
            .into(),
        ),
        (secret("a").into(), secret("b").into()),
        (
            agent(1, "a", &["x", "y"], "p").into(),
            agent(1, "b", &[], "q").into(),
        ),
        (session(1, "ann").into(), ended.into()),
        (memory(json!({"n": 1})).into(), memory(json!({})).into()),
    ]
}

/// All kinds of record that can be put come back as they were put.
pub async fn every_kind_is_stored_replaced_and_removed(store: Arc<dyn Store>) {
    for (first, second) in pairs()
        .into_iter()
        .chain(super::workflows::pairs())
        .chain(super::tasks::pairs())
        .chain(super::actions::pairs())
        .chain(super::accounts::pairs())
    {
        let key = first.key();
        assert_eq!(must(store.get(&key).await), None);
        for record in [first, second] {
            commit(&*store, Write::new().put(record.clone())).await;
            assert_eq!(must(store.get(&key).await), Some(record));
        }
        commit(&*store, Write::new().change(Change::Remove(key.clone()))).await;
        assert_eq!(must(store.get(&key).await), None);
        commit(&*store, Write::new().change(Change::Remove(key))).await;
    }
}

/// A key that no row can have is no error.
pub async fn keys_that_fit_nothing_find_nothing(store: Arc<dyn Store>) {
    commit(&*store, Write::new().put(agent(1, "a", &[], ""))).await;
    for id in [
        "",
        "x",
        "01",
        "1.0",
        " 1",
        "99999999999999999999",
        "-1",
        "agent_1",
    ] {
        let key = Key {
            kind: Kind::Agent,
            id: id.into(),
        };
        assert_eq!(must(store.get(&key).await), None, "{id}");
        commit(&*store, Write::new().absent(key)).await;
    }
}

/// Within one write, and among writes that share a commit, the last change of a record stands.
pub async fn a_record_removed_and_put_again(store: Arc<dyn Store>) {
    let key = Key::of::<User>("ann");
    let admin = User {
        role: Role::Admin,
        ..user("ann")
    };
    let both = Write::new()
        .put(user("ann"))
        .change(Change::Remove(key.clone()))
        .put(admin.clone());
    commit(&*store, both.clone()).await;
    assert_eq!(find(&*store, "ann").await, Some(admin.clone()));
    commit(&*store, both).await;
    assert_eq!(find(&*store, "ann").await, Some(admin));
    commit(
        &*store,
        Write::new().put(user("ann")).change(Change::Remove(key)),
    )
    .await;
    assert_eq!(find::<User>(&*store, "ann").await, None);
}

/// Meters add up what writes count, however many share a commit.
pub async fn meters_count(store: Arc<dyn Store>) {
    let count = |input_tokens, output_tokens| Change::Count {
        meter: "agent_1".to_owned(),
        usage: Usage {
            input_tokens,
            output_tokens,
        },
    };
    let writes =
        (0..10).map(|_| store.commit(Write::new().change(count(1, 2)).change(count(10, 20))));
    for outcome in futures::future::join_all(writes).await {
        must(outcome);
    }
    let meter: Meter = must(find(&*store, "agent_1").await.ok_or("no meter"));
    assert_eq!(
        (meter.input_tokens, meter.output_tokens, meter.calls),
        (110, 220, 20)
    );
    assert_eq!(meter.total_tokens(), 330);
    assert!(meter.last_at >= meter.window_at);
}

/// What an agent remembers is its own in each lane.
pub async fn memory_is_kept_by_agent_and_lane(store: Arc<dyn Store>) {
    let one = memory(json!({"name": "Ann", "list": [1, 2.5, null, {"deep": true}]}));
    let two = Memory {
        id: Memory::key("agent_1", &lane(2)),
        lane: lane(2),
        ..memory(json!({}))
    };
    commit(&*store, Write::new().put(one.clone()).put(two.clone())).await;
    assert_eq!(find(&*store, one.id.clone()).await, Some(one));
    assert_eq!(find(&*store, two.id.clone()).await, Some(two));
}

/// Only an empty store makes a secret: of two that try, one does.
pub async fn secrets_are_kept(store: Arc<dyn Store>) {
    let make = |sealed| {
        store.commit(
            Write::new()
                .absent(Key::of::<Secret>("jwt"))
                .put(secret(sealed)),
        )
    };
    let (one, two) = futures::future::join(make("one"), make("two")).await;
    assert!(one.is_ok() != two.is_ok());
    let kept: Secret = must(find(&*store, "jwt").await.ok_or("no secret"));
    assert_eq!(kept, secret(if one.is_ok() { "one" } else { "two" }));
}

/// The hash of an API token names one token.
pub async fn two_tokens_with_one_hash_are_refused(store: Arc<dyn Store>) {
    commit(&*store, Write::new().put(token(1, "ann"))).await;
    let same = ApiToken {
        hash: token(1, "ann").hash,
        ..token(2, "ann")
    };
    let outcome = store.commit(Write::new().put(same)).await;
    assert!(
        matches!(outcome, Err(WriteError::Store(StoreError::Broken(_)))),
        "{outcome:?}"
    );
    commit(
        &*store,
        Write::new().put(token(1, "ann")).put(token(2, "ann")),
    )
    .await;
}
