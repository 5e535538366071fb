//! Commits: writes share them, and each happens whole or not at all.

use super::make::{
    commit, delivery, enqueue, events, find, lane, life, list, must, refused, said, stream, text,
    token, user, user_key,
};
use crate::{
    nouns::{ApiToken, Lane, Meter, Stream, User},
    ports::{
        Change, Guard, Key, NewDelivery, Query, Receipt, Record, Refusal, Store, StoreError, Write,
        WriteError,
    },
};
use futures::future::join_all;
use std::sync::Arc;

/// Among many writes that share commits, those refused and those that fail harm no other.
pub async fn one_bad_write_fails_alone(store: Arc<dyn Store>) {
    commit(
        &*store,
        Write::new().put(user("taken")).put(token(0, "ann")),
    )
    .await;
    let write = |n: u32| {
        let good = Write::new()
            .append(stream(n % 7), text(&n.to_string()))
            .put(user(&format!("user{n}")));
        match n % 25 {
            3 => good.absent(user_key("taken")),
            9 => good.put(ApiToken {
                id: token(n, "ann").id,
                ..token(0, "ann")
            }),
            _ => good,
        }
    };
    let outcomes = join_all((0..200).map(|n| store.commit(write(n)))).await;
    for (n, outcome) in (0..200).zip(outcomes) {
        match n % 25 {
            3 => assert_eq!(
                outcome,
                Err(WriteError::Refused(Refusal::Exists(user_key("taken"))))
            ),
            9 => assert!(
                matches!(outcome, Err(WriteError::Store(StoreError::Broken(_)))),
                "{outcome:?}"
            ),
            _ => assert_eq!(must(outcome).appended[0].0, stream(n % 7)),
        }
        let stored = find::<User>(&*store, format!("user{n}")).await.is_some();
        assert_eq!(stored, !matches!(n % 25, 3 | 9), "user{n}");
    }
    let mut appended = 0;
    for n in 0..7 {
        let events = events(&*store, &stream(n)).await;
        let numbers = events.iter().map(|event| event.position.no);
        assert!(
            numbers.eq(1..=i64::try_from(events.len()).unwrap_or_default()),
            "no gaps"
        );
        appended += events.len();
    }
    assert_eq!(appended, 200 - 16);
}

/// A receipt of a write that claims has the records that it asked for, as they are after it.
pub async fn a_receipt_tells_what_was_asked(store: Arc<dyn Store>) {
    let mut lanes = 0..;
    let mut ask = |write: Write| {
        let claimed = NewDelivery {
            claim: Some(life(1)),
            ..delivery(&lane(lanes.next().unwrap_or_default()), 1)
        };
        write.change(Change::Enqueue(claimed)).read([
            user_key("ann"),
            user_key("bob"),
            Key::of::<Stream>(stream(1).as_str()),
        ])
    };
    let head = |receipt: &Receipt| {
        let head = receipt.read.get::<Stream>(stream(1).as_str()).flatten();
        head.map(|head| head.last_no)
    };
    let empty = commit(&*store, ask(Write::new())).await;
    assert_eq!(empty.read.get::<User>("ann"), Some(None));
    assert_eq!((empty.read.get::<User>("cid"), head(&empty)), (None, None));
    let first = Write::new().put(user("ann")).append(stream(1), text("x"));
    let first = commit(&*store, ask(first)).await;
    assert_eq!(first.read.get::<User>("ann"), Some(Some(user("ann"))));
    assert_eq!(head(&first), Some(1));
    let others = (0..5).map(|_| ask(Write::new().append(stream(1), text("x"))));
    let others: Vec<_> = others.map(|write| store.commit(write)).collect();
    for told in join_all(others).await.into_iter().map(must) {
        assert_eq!(head(&told), Some(told.appended[0].1.no));
    }
    let removed = Write::new().change(Change::Remove(user_key("ann")));
    let removed = commit(&*store, ask(removed)).await;
    assert_eq!(removed.read.get::<User>("ann"), Some(None));
    let nothing_claimed = Write::new().read([user_key("ann")]);
    let told = commit(&*store, nothing_claimed).await;
    assert_eq!(told.read.get::<User>("ann"), None);
}

/// Nothing of a refused write happens, whichever part of it was refused.
pub async fn a_refused_write_leaves_no_trace(store: Arc<dyn Store>) {
    let named = |content: &str| Change::Append {
        stream: stream(1),
        event: text(content),
        dedup: Some("name".to_owned()),
    };
    commit(
        &*store,
        Write::new().change(named("first")).put(user("ann")),
    )
    .await;
    let rest = || {
        enqueue(&lane(1), 1)
            .append(stream(2), text("no"))
            .put(user("bob"))
            .change(Change::Count {
                meter: "meter".to_owned(),
                usage: crate::nouns::Usage {
                    input_tokens: 1,
                    output_tokens: 1,
                },
            })
    };
    refused(&*store, rest().change(named("second"))).await;
    refused(&*store, rest().absent(user_key("ann"))).await;
    refused(
        &*store,
        rest()
            .change(Change::Remove(user_key("ann")))
            .guard(Guard::At(stream(1), 2)),
    )
    .await;
    assert_eq!(said(&*store, &stream(1)).await, ["first"]);
    assert_eq!(said(&*store, &stream(2)).await, [""; 0]);
    assert!(find::<Lane>(&*store, lane(1).as_str()).await.is_none());
    assert!(find::<Meter>(&*store, "meter").await.is_none());
    assert_eq!(list::<User>(&*store, Query::Users).await, [user("ann")]);
}

/// A guard holds as of the writes before it, though they share a commit.
pub async fn writes_see_those_before(store: Arc<dyn Store>) {
    let put = |n: i64| {
        let write = Write::new()
            .guard(Guard::At(stream(1), n))
            .append(stream(1), text(&n.to_string()));
        store.commit(write)
    };
    // They are taken in the order in which they came.
    for outcome in join_all((0..50).map(put)).await {
        must(outcome);
    }
    assert_eq!(
        said(&*store, &stream(1)).await,
        (0..50).map(|n| n.to_string()).collect::<Vec<_>>()
    );
}

/// What a write may not do is an error, and harms nobody.
pub async fn unusual_writes_are_errors(store: Arc<dyn Store>) {
    let named = || Change::Append {
        stream: stream(1),
        event: text("x"),
        dedup: Some("name".to_owned()),
    };
    let unusual = [
        Write::new().put(Record::from(Lane::idle(lane(1)))),
        Write::new().put(Record::from(Meter::new("meter"))),
        Write::new().put(Record::from(Stream::empty(stream(1)))),
        Write::new().change(Change::Remove(Key::of::<Lane>("lane1"))),
        Write::new().change(Change::Remove(Key::of::<Stream>("stream1"))),
        Write::new().change(named()).change(named()),
    ];
    for write in unusual {
        let outcome = store.commit(write.append(stream(1), text("no"))).await;
        assert!(
            matches!(outcome, Err(WriteError::Store(StoreError::Broken(_)))),
            "{outcome:?}"
        );
    }
    assert_eq!(events(&*store, &stream(1)).await, []);
}

/// A write without changes commits, and one with guards only tells whether they hold.
pub async fn nothing_is_a_write_too(store: Arc<dyn Store>) {
    assert_eq!(commit(&*store, Write::new()).await, Receipt::default());
    assert_eq!(
        commit(&*store, Write::new().absent(user_key("ann"))).await,
        Receipt::default()
    );
    commit(
        &*store,
        Write::new().change(Change::Remove(user_key("ann"))),
    )
    .await;
}

/// Closing finishes what was taken; afterwards the store says that it is closed.
pub async fn a_closed_store_says_so(store: Arc<dyn Store>) {
    let writes = (0..100).map(|n| store.commit(enqueue(&lane(n), n)));
    let (outcomes, ()) = futures::future::join(join_all(writes), store.close()).await;
    assert!(
        outcomes.into_iter().all(|outcome| {
            matches!(outcome, Ok(_) | Err(WriteError::Store(StoreError::Closed)))
        })
    );
    assert_eq!(
        store.commit(Write::new()).await,
        Err(StoreError::Closed.into())
    );
    assert_eq!(store.get(&user_key("ann")).await, Err(StoreError::Closed));
    assert_eq!(store.ping().await, Err(StoreError::Closed));
    store.close().await;
}
