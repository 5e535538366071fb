//! Lanes: deliveries wait in order, and one is worked on at a time.

use super::make::{
    LATE, begin, claim_all, claim_one, claims, commit, delivery, enqueue, id, lane, must, refused,
    said, stream, text, time, work,
};
use crate::{
    ids::{LaneId, LifeId},
    nouns::{Lane, Lease},
    ports::{Change, Guard, NewDelivery, Refusal, Store, Write, find},
};
use std::sync::Arc;

fn finish(lease: Lease, claim: Option<&LifeId>) -> Write {
    let lane = lease.lane.clone();
    Write::new()
        .guard(Guard::Held(lease))
        .change(Change::Finish {
            lane,
            claim: claim.cloned(),
        })
}

async fn row(store: &dyn Store, lane: &LaneId) -> Lane {
    must(must(find(store, lane.as_str()).await).ok_or("the lane has no row"))
}

/// Deliveries of a lane are worked one after another, in the order in which they came.
pub async fn a_lane_is_worked_in_order(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    for n in 1..=5 {
        commit(&*store, enqueue(&lane(1), n)).await;
    }
    for n in 1..=5 {
        let claimed = claim_one(&*store, &life).await;
        assert_eq!(
            (claimed.delivery.no, claimed.delivery.work.clone()),
            (i64::from(n), work(n))
        );
        assert_eq!(
            must(store.delivery(&lane(1), n.into()).await),
            Some(claimed.delivery)
        );
        commit(&*store, finish(claimed.lease, None)).await;
        assert_eq!(must(store.delivery(&lane(1), n.into()).await), None);
    }
    assert_eq!(claim_all(&*store, &life).await, []);
    assert!(row(&*store, &lane(1)).await.is_idle());
}

/// Lanes do not wait for each other.
pub async fn lanes_run_beside_each_other(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    for n in 1..=3 {
        commit(&*store, enqueue(&lane(n), n)).await;
        commit(&*store, enqueue(&lane(n), n + 10)).await;
    }
    let claimed = claim_all(&*store, &life).await;
    assert_eq!(claimed.len(), 3);
    for claimed in claimed {
        commit(&*store, finish(claimed.lease, None)).await;
    }
    assert_eq!(claim_all(&*store, &life).await.len(), 3);
}

/// The outcome and the end of the delivery happen together, once.
pub async fn outcome_and_acknowledgement_are_one(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    let claimed = claim_one(&*store, &life).await;
    let outcome = finish(claimed.lease, None).append(stream(1), text("answer"));
    commit(&*store, outcome.clone()).await;
    assert_eq!(refused(&*store, outcome).await, Refusal::LeaseLost(lane(1)));
    assert_eq!(said(&*store, &stream(1)).await, ["answer"]);
}

/// Whoever stores a delivery may work on it at once.
pub async fn a_delivery_may_be_born_claimed(store: Arc<dyn Store>) {
    let (one, two) = (begin(&*store, 1).await, begin(&*store, 2).await);
    let born = NewDelivery {
        claim: Some(one.clone()),
        ..delivery(&lane(1), 1)
    };
    let receipt = commit(&*store, Write::new().change(Change::Enqueue(born))).await;
    assert!(!receipt.waiting);
    let [claimed] = receipt.claimed.as_slice() else {
        panic!("one was claimed: {receipt:?}")
    };
    assert_eq!(
        (claimed.attempt, claimed.lease.fence, &claimed.lease.life),
        (1, 1, &one)
    );
    assert_eq!(
        (&claimed.delivery.user, &claimed.delivery.work),
        (&id("ann"), &work(1))
    );
    assert_eq!(
        must(store.delivery(&lane(1), 1).await).as_ref(),
        Some(&claimed.delivery)
    );
    assert_eq!(claim_all(&*store, &two).await, []);
    commit(&*store, finish(claimed.lease.clone(), None)).await;
}

/// On a busy lane a delivery waits for its turn, whoever stored it.
pub async fn born_claimed_only_when_idle(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    let born = NewDelivery {
        claim: Some(life.clone()),
        ..delivery(&lane(1), 2)
    };
    let receipt = commit(&*store, Write::new().change(Change::Enqueue(born))).await;
    assert_eq!(receipt.claimed, []);
    assert!(receipt.waiting);
    assert_eq!(claim_one(&*store, &life).await.delivery.no, 1);
}

/// Who finishes a delivery may go on with the next.
pub async fn finishing_claims_the_next(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    for n in 1..=3 {
        commit(&*store, enqueue(&lane(1), n)).await;
    }
    let mut claimed = claim_one(&*store, &life).await;
    for n in 2..=3 {
        let mut receipt = commit(&*store, finish(claimed.lease.clone(), Some(&life))).await;
        assert_eq!((receipt.claimed.len(), receipt.waiting), (1, false));
        let next = receipt.claimed.remove(0);
        assert_eq!((next.delivery.no, next.attempt), (n, 1));
        assert_eq!(next.lease.fence, claimed.lease.fence + 1);
        assert_eq!(
            refused(&*store, finish(claimed.lease, None)).await,
            Refusal::LeaseLost(lane(1))
        );
        claimed = next;
    }
    let receipt = commit(&*store, finish(claimed.lease, Some(&life))).await;
    assert_eq!((receipt.claimed, receipt.waiting), (vec![], false));
}

/// What is left to do stands in the place of the head, under its number, and is tried anew.
pub async fn a_continuation_keeps_place_and_number(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    commit(&*store, enqueue(&lane(1), 2)).await;
    let first = claim_one(&*store, &life).await;
    let go_on = Write::new()
        .guard(Guard::Held(first.lease.clone()))
        .change(Change::Continue {
            lane: lane(1),
            work: work(9),
            ready_at: time(100),
        });
    commit(&*store, go_on.clone()).await;
    assert_eq!(refused(&*store, go_on).await, Refusal::LeaseLost(lane(1)));
    let early = claims(&*store, &life, time(99), 10).await;
    assert_eq!((early.claimed.len(), early.next_at), (0, Some(time(100))));
    let again = claims(&*store, &life, time(100), 10)
        .await
        .claimed
        .remove(0);
    assert_eq!(
        (
            again.delivery.no,
            again.delivery.work.clone(),
            again.attempt
        ),
        (1, work(9), 1)
    );
    assert_eq!(again.delivery.created_at, first.delivery.created_at);
    commit(&*store, finish(again.lease, None)).await;
    assert_eq!(claim_one(&*store, &life).await.delivery.work, work(2));
}

/// A delivery that is tried again tells which try it is.
pub async fn a_retry_shows_its_number(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    for attempt in 1..=3 {
        let claimed = claims(&*store, &life, LATE, 1).await.claimed.remove(0);
        assert_eq!((claimed.attempt, claimed.delivery.no), (attempt, 1));
        let retry = Change::Retry {
            lane: lane(1),
            ready_at: time(attempt),
        };
        commit(
            &*store,
            Write::new().guard(Guard::Held(claimed.lease)).change(retry),
        )
        .await;
    }
}

/// A delivery that was given up leaves the lane and is kept with the reason.
pub async fn the_dead_are_kept_and_told(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    for n in 1..=3 {
        commit(&*store, enqueue(&lane(1), n)).await;
    }
    for n in 1..=2 {
        let claimed = claim_one(&*store, &life).await;
        let bury = Change::Bury {
            lane: lane(1),
            reason: format!("reason {n}"),
        };
        let receipt = commit(
            &*store,
            Write::new().guard(Guard::Held(claimed.lease)).change(bury),
        )
        .await;
        assert!(receipt.waiting);
        assert_eq!(must(store.delivery(&lane(1), n).await), None);
    }
    commit(&*store, Write::new().change(Change::Cancel(lane(1)))).await;
    let dead = must(store.dead(&id("ann"), 10).await);
    let told: Vec<_> = dead
        .iter()
        .map(|dead| (dead.delivery.no, dead.reason.as_str()))
        .collect();
    assert_eq!(told, [(2, "reason 2"), (1, "reason 1")]);
    assert!(
        dead.iter()
            .all(|dead| dead.died_at >= dead.delivery.created_at)
    );
    assert_eq!(must(store.dead(&id("ann"), 1).await).len(), 1);
    assert_eq!(must(store.dead(&id("bob"), 10).await), []);
}

/// What is wanted only once does not pile up.
pub async fn only_if_idle_does_nothing_on_a_busy_lane(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    let once = |n| NewDelivery {
        only_if_idle: true,
        claim: Some(life.clone()),
        ..delivery(&lane(1), n)
    };
    let first = commit(&*store, Write::new().change(Change::Enqueue(once(1)))).await;
    assert_eq!(first.claimed.len(), 1);
    let second = Write::new()
        .change(Change::Enqueue(once(2)))
        .append(stream(1), text("stored anyway"));
    let second = commit(&*store, second).await;
    assert_eq!(
        (second.claimed.len(), second.waiting, second.appended.len()),
        (0, false, 1)
    );
    assert_eq!(row(&*store, &lane(1)).await.next_no, 2);
    commit(&*store, finish(first.claimed[0].lease.clone(), None)).await;
    let third = commit(&*store, Write::new().change(Change::Enqueue(once(3)))).await;
    assert_eq!(third.claimed[0].delivery.no, 2);
}

/// A cancel removes all that waits; numbers are never used again.
pub async fn cancelling_empties_a_lane(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    for n in 1..=3 {
        commit(&*store, enqueue(&lane(1), n)).await;
    }
    commit(&*store, Write::new().change(Change::Cancel(lane(1)))).await;
    for n in 1..=3 {
        assert_eq!(must(store.delivery(&lane(1), n).await), None);
    }
    assert_eq!(claim_all(&*store, &life).await, []);
    commit(&*store, enqueue(&lane(1), 4)).await;
    assert_eq!(claim_one(&*store, &life).await.delivery.no, 4);
    // A lane that never was can be cancelled too.
    commit(&*store, Write::new().change(Change::Cancel(lane(2)))).await;
    assert_eq!(row(&*store, &lane(2)).await.fence, 1);
}

/// Many changes of one lane in one write have the effect of one after another.
pub async fn a_busy_lane_within_one_write(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    let put = |n| Change::Enqueue(delivery(&lane(1), n));
    let done = || Change::Finish {
        lane: lane(1),
        claim: None,
    };
    let bury = Change::Bury {
        lane: lane(1),
        reason: "no use".to_owned(),
    };
    let cancel = Change::Cancel(lane(1));
    let many = [
        put(2),
        done(),
        put(3),
        bury,
        put(4),
        cancel,
        put(5),
        put(6),
        done(),
        put(7),
    ];
    let write = many.into_iter().fold(Write::new(), Write::change);
    assert!(commit(&*store, write).await.waiting);
    let dead = must(store.dead(&id("ann"), 10).await);
    assert_eq!(
        dead.iter().map(|dead| dead.delivery.no).collect::<Vec<_>>(),
        [2]
    );
    let mut left = Vec::new();
    for no in 1..=8 {
        left.extend(
            must(store.delivery(&lane(1), no).await).map(|delivery| (delivery.no, delivery.work)),
        );
    }
    assert_eq!(left, [(6, work(6)), (7, work(7))]);
    assert_eq!(claim_one(&*store, &life).await.delivery.no, 6);
}

/// What would take the head of a lane in which nothing waits does nothing.
pub async fn an_idle_lane_has_no_head_to_take(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(
        &*store,
        enqueue(&lane(1), 1).change(Change::Finish {
            lane: lane(1),
            claim: None,
        }),
    )
    .await;
    for changes in 0..4 {
        let change = match changes {
            0 => Change::Finish {
                lane: lane(1),
                claim: Some(life.clone()),
            },
            1 => Change::Bury {
                lane: lane(1),
                reason: String::new(),
            },
            2 => Change::Retry {
                lane: lane(1),
                ready_at: time(0),
            },
            _ => Change::Continue {
                lane: lane(1),
                work: work(2),
                ready_at: time(0),
            },
        };
        let receipt = commit(&*store, Write::new().change(change)).await;
        assert_eq!((receipt.claimed.len(), receipt.waiting), (0, false));
    }
    let row = row(&*store, &lane(1)).await;
    assert_eq!((row.head_no, row.next_no, row.ready_at), (2, 2, None));
    assert_eq!(claim_all(&*store, &life).await, []);
}

/// The receipt tells whether anybody may claim now what the write touched.
pub async fn waiting_is_told(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    assert!(commit(&*store, enqueue(&lane(1), 1)).await.waiting);
    assert!(commit(&*store, enqueue(&lane(1), 2)).await.waiting);
    assert!(
        !commit(&*store, Write::new().append(stream(1), text("no lane")))
            .await
            .waiting
    );
    let claimed = claim_one(&*store, &life).await;
    let later = Change::Retry {
        lane: lane(1),
        ready_at: LATE,
    };
    assert!(
        !commit(
            &*store,
            Write::new().guard(Guard::Held(claimed.lease)).change(later)
        )
        .await
        .waiting
    );
    let now = Change::Retry {
        lane: lane(1),
        ready_at: time(0),
    };
    assert!(commit(&*store, Write::new().change(now)).await.waiting);
    let claimed = claim_one(&*store, &life).await;
    assert!(commit(&*store, finish(claimed.lease, None)).await.waiting);
    assert!(
        !commit(&*store, Write::new().change(Change::Cancel(lane(1))))
            .await
            .waiting
    );
}
