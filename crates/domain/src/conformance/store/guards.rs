//! Guards: each holds as long as it says, and one of those that race wins.

use super::make::{
    begin, claim_one, commit, enqueue, find, lane, list, must, refused, session, session_id,
    stream, text, user, user_key,
};
use crate::{
    nouns::{Agent, Lease, Session, SessionStatus, User},
    ports::{Change, Guard, Key, Query, Refusal, Store, Write, WriteError},
};
use futures::future::join_all;
use std::sync::Arc;

/// [`Guard::Absent`].
pub async fn absent_holds_until_it_exists(store: Arc<dyn Store>) {
    let make = || Write::new().absent(user_key("ann")).put(user("ann"));
    commit(&*store, make()).await;
    assert_eq!(
        refused(&*store, make()).await,
        Refusal::Exists(user_key("ann"))
    );
    commit(
        &*store,
        Write::new().change(Change::Remove(user_key("ann"))),
    )
    .await;
    commit(&*store, make()).await;
}

/// [`Guard::Unchanged`].
pub async fn unchanged_holds_until_it_changes(store: Arc<dyn Store>) {
    let ann = user("ann");
    let disabled = User {
        disabled_at: Some(super::make::time(5)),
        ..ann.clone()
    };
    let change = || Write::new().unchanged(ann.clone()).put(disabled.clone());
    assert_eq!(
        refused(&*store, change()).await,
        Refusal::Changed(user_key("ann"))
    );
    commit(&*store, Write::new().put(ann.clone())).await;
    commit(&*store, change()).await;
    assert_eq!(
        refused(&*store, change()).await,
        Refusal::Changed(user_key("ann"))
    );
    assert_eq!(find::<User>(&*store, "ann").await, Some(disabled.clone()));
    commit(&*store, Write::new().unchanged(disabled)).await;
}

/// A record counts as changed whichever member changed, and is the same however it was read.
pub async fn unchanged_sees_every_member(store: Arc<dyn Store>) {
    let agent = super::make::agent(1, "a", &["b"], "c");
    commit(&*store, Write::new().put(agent.clone())).await;
    let read: Agent = must(find(&*store, "1").await.ok_or("no agent"));
    commit(&*store, Write::new().unchanged(read)).await;
    for changed in [
        Agent {
            name: "x".to_owned(),
            ..agent.clone()
        },
        Agent {
            capabilities: vec![],
            ..agent.clone()
        },
        Agent {
            personality: None,
            ..agent.clone()
        },
        Agent {
            metadata: [("x".to_owned(), 1.into())].into_iter().collect(),
            ..agent.clone()
        },
        Agent {
            shared: crate::nouns::Sharing::Private,
            ..agent.clone()
        },
    ] {
        let refusal = refused(&*store, Write::new().unchanged(changed)).await;
        assert_eq!(refusal, Refusal::Changed(Key::of::<Agent>("1")));
    }
}

/// [`Guard::At`].
pub async fn at_holds_until_the_stream_moves(store: Arc<dyn Store>) {
    let append = |no| {
        Write::new()
            .guard(Guard::At(stream(1), no))
            .append(stream(1), text("x"))
    };
    assert_eq!(refused(&*store, append(1)).await, Refusal::Moved(stream(1)));
    commit(&*store, append(0)).await;
    commit(&*store, append(1)).await;
    assert_eq!(refused(&*store, append(1)).await, Refusal::Moved(stream(1)));
}

/// [`Guard::Below`].
pub async fn below_holds_until_the_stream_is_full(store: Arc<dyn Store>) {
    let append = || {
        Write::new()
            .guard(Guard::Below(stream(1), 2))
            .append(stream(1), text("x"))
    };
    commit(&*store, append()).await;
    commit(&*store, append()).await;
    assert_eq!(refused(&*store, append()).await, Refusal::Full(stream(1)));
}

/// [`Guard::Busy`].
pub async fn busy_holds_while_something_is_in_the_lane(store: Arc<dyn Store>) {
    let stop = || {
        Write::new()
            .guard(Guard::Busy(lane(1)))
            .append(stream(1), text("x"))
    };
    assert_eq!(refused(&*store, stop()).await, Refusal::Idle(lane(1)));
    commit(&*store, enqueue(&lane(1), 1)).await;
    commit(&*store, stop()).await;
    commit(&*store, stop().change(Change::Cancel(lane(1)))).await;
    assert_eq!(refused(&*store, stop()).await, Refusal::Idle(lane(1)));
}

/// [`Guard::Active`].
pub async fn active_holds_until_the_session_ends(store: Arc<dyn Store>) {
    let active = || Write::new().guard(Guard::Active(session_id(1)));
    assert_eq!(
        refused(&*store, active()).await,
        Refusal::NotActive(session_id(1))
    );
    commit(&*store, Write::new().put(session(1, "ann"))).await;
    commit(&*store, active()).await;
    for status in [SessionStatus::Ended, SessionStatus::Expired] {
        commit(
            &*store,
            Write::new().put(Session {
                status,
                ..session(1, "ann")
            }),
        )
        .await;
        assert_eq!(
            refused(&*store, active()).await,
            Refusal::NotActive(session_id(1))
        );
    }
}

/// [`Guard::Held`].
pub async fn held_holds_until_the_lane_is_claimed_again(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    let held = |lease: &Lease| Write::new().guard(Guard::Held(lease.clone()));
    commit(&*store, enqueue(&lane(1), 1)).await;
    let lease = claim_one(&*store, &life).await.lease;
    commit(&*store, held(&lease)).await;
    let wrong = [
        Lease {
            fence: lease.fence + 1,
            ..lease.clone()
        },
        Lease {
            fence: lease.fence - 1,
            ..lease.clone()
        },
        Lease {
            life: super::make::life(2),
            ..lease.clone()
        },
        Lease {
            lane: lane(2),
            ..lease.clone()
        },
    ];
    for wrong in wrong {
        assert_eq!(
            refused(&*store, held(&wrong)).await,
            Refusal::LeaseLost(wrong.lane)
        );
    }
    must(store.retire(&life).await);
    commit(&*store, held(&lease)).await;
    let next = claim_one(&*store, &begin(&*store, 3).await).await.lease;
    assert_eq!(
        refused(&*store, held(&lease)).await,
        Refusal::LeaseLost(lane(1))
    );
    commit(&*store, held(&next)).await;
}

/// Of many that make the same record, one does.
pub async fn one_of_many_absent_wins(store: Arc<dyn Store>) {
    let make = |n| {
        let user = User {
            created_at: super::make::time(n),
            ..user("ann")
        };
        store.commit(Write::new().absent(user_key("ann")).put(user))
    };
    let outcomes = join_all((0..50).map(make)).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = Err(WriteError::Refused(Refusal::Exists(user_key("ann"))));
    assert_eq!(
        (
            won,
            outcomes.iter().filter(|outcome| **outcome == lost).count()
        ),
        (1, 49)
    );
    assert_eq!(list::<User>(&*store, Query::Users).await.len(), 1);
}

/// Of many that change what they read, one does; read again, the next does.
pub async fn one_of_many_unchanged_wins(store: Arc<dyn Store>) {
    commit(&*store, Write::new().put(user("ann"))).await;
    for round in 1..=3 {
        let read: User = must(find(&*store, "ann").await.ok_or("no user"));
        let change = |n| {
            let changed = User {
                tokens_from: super::make::time(round * 100 + n),
                ..read.clone()
            };
            store.commit(Write::new().unchanged(read.clone()).put(changed))
        };
        let outcomes = join_all((0..20_i64).map(change)).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    }
}
