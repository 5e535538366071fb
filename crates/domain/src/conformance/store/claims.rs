//! Claims: who may work on what, and when that ends.

use super::make::{
    LATE, begin, claim_all, claim_one, claims, commit, delivery, enqueue, events, lane, life, must,
    refused, stream, text, time,
};
use crate::ports::{Backlog, Change, Guard, Refusal, Store, Write};
use futures::future::{join, join_all};
use std::{sync::Arc, time::Duration};

/// However many claim at once, each delivery is claimed once.
pub async fn two_claimers_have_one_winner(store: Arc<dyn Store>) {
    let (one, two) = (begin(&*store, 1).await, begin(&*store, 2).await);
    join_all((0..20).map(|n| commit(&*store, enqueue(&lane(n), n)))).await;
    let claimers = (0..5).map(|_| {
        join(
            claims(&*store, &one, LATE, 3),
            claims(&*store, &two, LATE, 3),
        )
    });
    let mut claimed: Vec<_> = join_all(claimers)
        .await
        .into_iter()
        .flat_map(|(one, two)| [one.claimed, two.claimed].concat())
        .collect();
    // Lanes that a concurrent claim keeps for a moment are left out by the others.
    claimed.extend(claim_all(&*store, &one).await);
    let mut lanes: Vec<_> = claimed
        .iter()
        .map(|claimed| claimed.lease.lane.clone())
        .collect();
    lanes.sort();
    lanes.dedup();
    assert_eq!((claimed.len(), lanes.len()), (20, 20));
    assert!(
        claimed
            .iter()
            .all(|claimed| claimed.attempt == 1 && claimed.lease.fence == 1)
    );
    for claimed in claimed {
        commit(&*store, Write::new().guard(Guard::Held(claimed.lease))).await;
    }
    assert_eq!(claim_all(&*store, &two).await, []);
}

/// A claim takes no more than its limit, those ready longest first.
pub async fn a_claim_takes_the_lanes_ready_longest(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    for n in [3, 1, 2] {
        let (lane, ready_at) = (lane(n), time(n.into()));
        let write = enqueue(&lane, n).change(Change::Retry { lane, ready_at });
        commit(&*store, write).await;
    }
    for (limit, expected) in [
        (0, vec![]),
        (2, vec![lane(1), lane(2)]),
        (2, vec![lane(3)]),
        (2, vec![]),
    ] {
        let claimed = claims(&*store, &life, time(10), limit).await.claimed;
        let lanes: Vec<_> = claimed
            .into_iter()
            .map(|claimed| claimed.lease.lane)
            .collect();
        assert_eq!(lanes, expected);
    }
}

/// Lanes that are not ready are not claimed, and the claim tells when the next one is.
pub async fn a_claim_tells_when_to_look_again(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    assert_eq!(claims(&*store, &life, time(0), 10).await.next_at, None);
    for n in [20, 10] {
        let (lane, ready_at) = (lane(n), time(n.into()));
        let receipt = commit(
            &*store,
            enqueue(&lane, n).change(Change::Retry {
                lane,
                ready_at: LATE,
            }),
        )
        .await;
        assert!(!receipt.waiting);
        let write = Write::new().change(Change::Retry {
            lane: super::make::lane(n),
            ready_at,
        });
        commit(&*store, write).await;
    }
    let early = claims(&*store, &life, time(9), 10).await;
    assert_eq!((early.claimed.len(), early.next_at), (0, Some(time(10))));
    let due = claims(&*store, &life, time(10), 10).await;
    assert_eq!((due.claimed.len(), due.next_at), (1, Some(time(20))));
    let last = claims(&*store, &life, time(20), 10).await;
    assert_eq!((last.claimed.len(), last.next_at), (1, None));
}

/// What a live node works on is claimed by nobody, itself included.
pub async fn a_live_lease_is_left_alone(store: Arc<dyn Store>) {
    let (one, two) = (begin(&*store, 1).await, begin(&*store, 2).await);
    commit(&*store, enqueue(&lane(1), 1)).await;
    claim_one(&*store, &one).await;
    let again = [
        claims(&*store, &one, LATE, 10).await,
        claims(&*store, &two, LATE, 10).await,
    ];
    assert!(
        again
            .iter()
            .all(|claims| claims.claimed.is_empty() && claims.next_at.is_none())
    );
    // A lane whose head is worked on takes more, and they wait for their turn.
    let receipt = commit(&*store, enqueue(&lane(1), 2)).await;
    assert!(!receipt.waiting);
    assert_eq!(claim_all(&*store, &two).await, []);
}

/// A lease lapses with its life; from the next claim on, what its holder brings is refused.
pub async fn a_lapsed_lease_is_claimed_and_refused(store: Arc<dyn Store>) {
    let (one, two) = (begin(&*store, 1).await, begin(&*store, 2).await);
    commit(&*store, enqueue(&lane(1), 1)).await;
    let old = claim_one(&*store, &one).await;
    must(store.beat(&one, Duration::ZERO).await);
    // Nobody claimed it yet, so it still holds.
    commit(&*store, Write::new().guard(Guard::Held(old.lease.clone()))).await;
    let new = claim_one(&*store, &two).await;
    assert_eq!((new.attempt, new.lease.fence), (2, old.lease.fence + 1));
    assert_eq!(new.delivery, old.delivery);
    let finish = |lease| {
        Write::new()
            .guard(Guard::Held(lease))
            .append(stream(1), text("done"))
            .change(Change::Finish {
                lane: lane(1),
                claim: None,
            })
    };
    assert_eq!(
        refused(&*store, finish(old.lease)).await,
        Refusal::LeaseLost(lane(1))
    );
    commit(&*store, finish(new.lease)).await;
    assert_eq!(events(&*store, &stream(1)).await.len(), 1);
}

/// A node that goes down in order gives up its lanes at once.
pub async fn a_retired_life_gives_up_its_lanes(store: Arc<dyn Store>) {
    let (one, two) = (begin(&*store, 1).await, begin(&*store, 2).await);
    commit(&*store, enqueue(&lane(1), 1)).await;
    claim_one(&*store, &one).await;
    assert_eq!(claim_all(&*store, &two).await, []);
    must(store.retire(&one).await);
    assert_eq!(claim_one(&*store, &two).await.attempt, 2);
    must(store.retire(&one).await);
}

/// A lease of a life that nobody keeps is worth nothing.
pub async fn a_life_that_never_began_holds_nothing(store: Arc<dyn Store>) {
    commit(&*store, enqueue(&lane(1), 1)).await;
    assert_eq!(claim_one(&*store, &life(1)).await.attempt, 1);
    assert_eq!(claim_one(&*store, &life(2)).await.attempt, 2);
}

/// After a cancel the outcome of what ran is refused, and later deliveries are not its business.
pub async fn a_cancelled_lane_refuses_the_outcome(store: Arc<dyn Store>) {
    let life = begin(&*store, 1).await;
    commit(&*store, enqueue(&lane(1), 1)).await;
    commit(&*store, enqueue(&lane(1), 2)).await;
    let running = claim_one(&*store, &life).await;
    let stop = Write::new()
        .change(Change::Cancel(lane(1)))
        .append(stream(1), text("stopped"));
    commit(&*store, stop).await;
    let outcome = Write::new()
        .guard(Guard::Held(running.lease.clone()))
        .append(stream(1), text("too late"))
        .change(Change::Finish {
            lane: lane(1),
            claim: Some(life.clone()),
        });
    assert_eq!(
        refused(&*store, outcome.clone()).await,
        Refusal::LeaseLost(lane(1))
    );
    let born = crate::ports::NewDelivery {
        claim: Some(life.clone()),
        ..delivery(&lane(1), 3)
    };
    let receipt = commit(&*store, Write::new().change(Change::Enqueue(born))).await;
    assert_eq!(receipt.claimed[0].delivery.no, 3);
    assert!(receipt.claimed[0].lease.fence > running.lease.fence);
    assert_eq!(refused(&*store, outcome).await, Refusal::LeaseLost(lane(1)));
    assert_eq!(events(&*store, &stream(1)).await.len(), 1);
}

/// Each lane with work counts once: as held by a live node, as waiting, or as not ready yet.
pub async fn the_backlog_is_counted(store: Arc<dyn Store>) {
    let nothing = must(store.backlog(LATE).await);
    assert_eq!(nothing, Backlog::default());
    for n in [1, 2, 3] {
        let (lane, ready_at) = (lane(n), time(i64::from(n) * 10));
        let write = enqueue(&lane, n).change(Change::Retry {
            lane: lane.clone(),
            ready_at,
        });
        // What waits behind the head does not count by itself.
        commit(&*store, write).await;
        commit(&*store, enqueue(&lane, n + 10)).await;
    }
    let expected = Backlog {
        held: 0,
        waiting: 2,
        later: 1,
        waiting_since: Some(time(10)),
    };
    assert_eq!(must(store.backlog(time(20)).await), expected);
    let life = begin(&*store, 1).await;
    let claimed = claims(&*store, &life, time(20), 1).await.claimed;
    assert_eq!(claimed.len(), 1);
    let expected = Backlog {
        held: 1,
        waiting: 1,
        later: 1,
        waiting_since: Some(time(20)),
    };
    assert_eq!(must(store.backlog(time(20)).await), expected);
    // What a node held that is gone waits again, since it was ready.
    must(store.retire(&life).await);
    let expected = Backlog {
        held: 0,
        waiting: 3,
        later: 0,
        waiting_since: Some(time(10)),
    };
    assert_eq!(must(store.backlog(time(30)).await), expected);
    commit(&*store, Write::new().change(Change::Cancel(lane(1)))).await;
    assert_eq!(must(store.backlog(time(30)).await).waiting, 2);
}
