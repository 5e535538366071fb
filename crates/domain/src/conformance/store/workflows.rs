//! What workflows need of lanes and streams, and the records that they keep.

use super::make::{
    begin, claim_all, claim_one, commit, delivery, enqueue, events, find, id, lane, list, must,
    refused, said, stream, text, time,
};
use crate::{
    ids::{AgentId, LaneId, WorkflowId},
    nouns::{
        Activity, AgentUrl, Claimed, Credential, DueCheck, FailureOrder, Grants, Hidden, Lane,
        Links, Object, RetryDelay, RetryPolicy, Schedule, Stream, Wallet, Work, Workflow,
        WorkflowAgent,
    },
    ports::{Change, Guard, NewDelivery, Query, Record, Refusal, Store, Write},
};
use serde_json::json;
use std::sync::Arc;

/// The `n`th agent in workflows.
fn agent(n: i64, owner: &str) -> WorkflowAgent {
    WorkflowAgent {
        id: AgentId(n),
        owner: id(owner),
        user: 1,
        guid: format!("guid{n}"),
        kind: "Agents::Counter".to_owned(),
        options: Object::from_iter([("step".to_owned(), json!([1, {"a": null}]))]),
        disabled_at: None,
        schedule: Some(Schedule::default()),
        retry: None,
        failure_order: FailureOrder::Wait,
        keep_messages_for: Some(0),
        grants: Grants::default(),
        created_at: time(0),
        updated_at: time(0),
    }
}

fn links(n: i64, owner: &str) -> Links {
    Links {
        id: AgentId(n),
        owner: id(owner),
        receivers: vec![AgentId(2), AgentId(3)],
        control_targets: Vec::new(),
    }
}

fn workflow(n: i64, owner: &str) -> Workflow {
    Workflow {
        id: WorkflowId(n),
        owner: id(owner),
        name: "Flow".to_owned(),
        description: None,
        guid: "guid".to_owned(),
        tag_fg_color: Some("#ffffff".to_owned()),
        tag_bg_color: None,
        icon: None,
        agents: vec![AgentId(1)],
        created_at: time(0),
        updated_at: time(0),
    }
}

fn wallet(owner: &str, names: &[&str]) -> Wallet {
    let credential = |name: &&str| Credential {
        name: (*name).to_owned(),
        updated_at: time(0),
    };
    Wallet {
        id: id(owner),
        credentials: names.iter().map(credential).collect(),
        sealed: Hidden::new(names.join(" ")),
    }
}

fn url() -> AgentUrl {
    AgentUrl {
        id: "http://localhost:1".to_owned(),
        added_by: id("ann"),
        secret: None,
        timeout_ms: None,
        retry: None,
        created_at: time(0),
    }
}

/// A first and a second state of each kind of record.
pub(super) fn pairs() -> Vec<(Record, Record)> {
    let retry = RetryPolicy {
        delay: RetryDelay::Growing {
            first_ms: 50,
            growth: 1.5,
        },
        attempts: None,
    };
    let busy = Activity {
        received_at: Some(time(1)),
        failing_since: Some(time(2)),
        ..Activity::none(AgentId(1))
    };
    let changed = WorkflowAgent {
        disabled_at: Some(time(1)),
        retry: Some(retry),
        failure_order: FailureOrder::Skip,
        keep_messages_for: None,
        schedule: None,
        grants: Grants {
            all: true,
            named: vec!["a".to_owned()],
            implied: vec!["b".to_owned()],
        },
        ..agent(1, "ann")
    };
    let linked = Links {
        receivers: Vec::new(),
        control_targets: vec![AgentId(1)],
        ..links(1, "ann")
    };
    let due = |at| DueCheck {
        id: AgentId(1),
        due_at: time(at),
    };
    let named = Workflow {
        description: Some("words".to_owned()),
        agents: Vec::new(),
        ..workflow(1, "ann")
    };
    let secret = AgentUrl {
        secret: Some(Hidden::new("sealed")),
        timeout_ms: Some(100),
        retry: Some(RetryPolicy::default()),
        ..url()
    };
    vec![
        (agent(1, "ann").into(), changed.into()),
        (links(1, "ann").into(), linked.into()),
        (due(1).into(), due(2).into()),
        (workflow(1, "ann").into(), named.into()),
        (wallet("ann", &["a", "b"]).into(), wallet("ann", &[]).into()),
        (url().into(), secret.into()),
        (Activity::none(AgentId(1)).into(), busy.into()),
    ]
}

async fn row(store: &dyn Store, lane: &LaneId) -> Lane {
    must(find(store, lane.as_str()).await.ok_or("there is no row"))
}

async fn change(store: &dyn Store, change: Change) {
    commit(store, Write::new().change(change)).await;
}

fn check(lane: &LaneId, beside_others: bool) -> Write {
    Write::new().change(Change::Enqueue(NewDelivery {
        work: Work::Check { beside_others },
        ..delivery(lane, 0)
    }))
}

/// A lane that is paused keeps what waits until it is resumed; what is worked on goes on.
pub async fn a_paused_lane_gives_nothing_out(store: Arc<dyn Store>) {
    let (lane, life) = (lane(1), begin(&*store, 1).await);
    change(&*store, Change::Pause(lane.clone())).await;
    let born = NewDelivery {
        claim: Some(life.clone()),
        ..delivery(&lane, 1)
    };
    let receipt = commit(&*store, Write::new().change(Change::Enqueue(born))).await;
    assert!(receipt.claimed.is_empty() && !receipt.waiting);
    assert!(claim_all(&*store, &life).await.is_empty());
    let receipt = commit(&*store, Write::new().change(Change::Resume(lane.clone()))).await;
    assert!(receipt.waiting);
    let claimed = claim_one(&*store, &life).await;
    change(&*store, Change::Pause(lane.clone())).await;
    commit(&*store, enqueue(&lane, 2)).await;
    let finish = Change::Finish {
        lane: lane.clone(),
        claim: Some(life.clone()),
    };
    let outcome = Write::new()
        .guard(Guard::Held(claimed.lease))
        .change(finish);
    assert!(commit(&*store, outcome).await.claimed.is_empty());
    assert!(claim_all(&*store, &life).await.is_empty());
    change(&*store, Change::Resume(lane.clone())).await;
    assert_eq!(claim_one(&*store, &life).await.delivery.no, 2);
}

/// A check that may not be beside others is left out while another waits or runs.
pub async fn a_check_is_left_out_while_another_waits(store: Arc<dyn Store>) {
    let (lane, life) = (lane(1), begin(&*store, 1).await);
    commit(&*store, enqueue(&lane, 1)).await;
    for _ in 0..3 {
        commit(&*store, check(&lane, false)).await;
    }
    assert_eq!(row(&*store, &lane).await.next_no, 3);
    commit(&*store, check(&lane, true)).await;
    for no in 1..=3 {
        commit(&*store, check(&lane, false)).await;
        assert_eq!(row(&*store, &lane).await.next_no, 4);
        assert_eq!(claim_one(&*store, &life).await.delivery.no, no);
        let (lane, claim) = (lane.clone(), None);
        change(&*store, Change::Finish { lane, claim }).await;
    }
    commit(&*store, check(&lane, false)).await;
    assert_eq!(row(&*store, &lane).await.next_no, 5);
}

/// A call that failed is claimed again with the number of its failures, which a crash does not raise.
pub async fn failures_are_counted(store: Arc<dyn Store>) {
    let (lane, life) = (lane(1), begin(&*store, 1).await);
    commit(&*store, enqueue(&lane, 1)).await;
    commit(&*store, enqueue(&lane, 2)).await;
    let shown = |claimed: &Claimed| (claimed.attempt, claimed.failures);
    assert_eq!(shown(&claim_one(&*store, &life).await), (1, 0));
    let (id, ready_at) = (lane.clone(), time(0));
    change(&*store, Change::Fail { lane: id, ready_at }).await;
    assert_eq!(shown(&claim_one(&*store, &life).await), (2, 1));
    let (id, ready_at) = (lane.clone(), time(0));
    change(&*store, Change::Retry { lane: id, ready_at }).await;
    assert_eq!(shown(&claim_one(&*store, &life).await), (3, 1));
    let (id, claim) = (lane.clone(), Some(life));
    let finish = Write::new().change(Change::Finish { lane: id, claim });
    let receipt = commit(&*store, finish).await;
    assert_eq!(shown(&receipt.claimed[0]), (1, 0));
}

/// What is set aside is overtaken, and comes back with its failures and its name.
pub async fn what_is_set_aside_comes_back(store: Arc<dyn Store>) {
    let (lane, life) = (lane(1), begin(&*store, 1).await);
    for n in 1..=2 {
        commit(&*store, enqueue(&lane, n)).await;
    }
    let first = claim_one(&*store, &life).await;
    let aside = Change::SetAside {
        lane: lane.clone(),
        reason: "it failed".to_owned(),
        retry_at: time(7),
    };
    change(&*store, aside).await;
    let waiting = must(store.waiting(&lane, 0, 9).await);
    assert_eq!(waiting.iter().map(|it| it.no).collect::<Vec<_>>(), [2]);
    assert!(must(store.dead(&id("ann"), 9).await).is_empty());
    let found = must(store.set_aside(9).await);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].retry_at, Some(time(7)));
    assert_eq!(must(store.dead_in(&lane, 9).await), found);
    let revive = Change::Revive {
        lane: lane.clone(),
        no: 1,
        afresh: false,
    };
    let write = Write::new()
        .guard(Guard::Dead(lane.clone(), 1))
        .change(revive);
    commit(&*store, write.clone()).await;
    assert_eq!(
        refused(&*store, write).await,
        Refusal::NotDead(lane.clone(), 1)
    );
    assert!(must(store.set_aside(9).await).is_empty());
    assert_eq!(claim_one(&*store, &life).await.delivery.no, 2);
    let (id, claim) = (lane.clone(), Some(life));
    let finish = Write::new().change(Change::Finish { lane: id, claim });
    let again = commit(&*store, finish).await.claimed.remove(0);
    assert_eq!((again.delivery.no, again.failures), (3, 1));
    assert_eq!(again.delivery.name(), first.delivery.name());
}

/// A dead delivery is put in again as if it were new, or is forgotten.
pub async fn the_dead_are_revived_or_forgotten(store: Arc<dyn Store>) {
    let (lane, life) = (lane(1), begin(&*store, 1).await);
    for n in 1..=2 {
        commit(&*store, enqueue(&lane, n)).await;
        claim_one(&*store, &life).await;
        let (lane, reason) = (lane.clone(), "no".to_owned());
        change(&*store, Change::Bury { lane, reason }).await;
    }
    assert_eq!(must(store.dead_in(&lane, 9).await).len(), 2);
    let (id, no) = (lane.clone(), 2);
    change(&*store, Change::Forget { lane: id, no }).await;
    let revive = Change::Revive {
        lane: lane.clone(),
        no: 1,
        afresh: true,
    };
    assert!(
        commit(&*store, Write::new().change(revive.clone()))
            .await
            .waiting
    );
    change(&*store, revive).await;
    assert!(must(store.dead_in(&lane, 9).await).is_empty());
    let claimed = claim_one(&*store, &life).await;
    assert_eq!((claimed.delivery.no, claimed.failures), (3, 0));
    change(&*store, Change::Forget { lane, no: 3 }).await;
    assert_eq!(
        must(store.waiting(&claimed.lease.lane, 0, 9).await).len(),
        1
    );
}

/// The outcome of a call that was interrupted is refused, and the call is made anew.
pub async fn an_interrupted_call_is_made_anew(store: Arc<dyn Store>) {
    let (lane, life) = (lane(1), begin(&*store, 1).await);
    change(&*store, Change::Interrupt(lane.clone())).await;
    commit(&*store, enqueue(&lane, 1)).await;
    let first = claim_one(&*store, &life).await;
    change(&*store, Change::Interrupt(lane.clone())).await;
    let outcome = Write::new().guard(Guard::Held(first.lease));
    assert_eq!(
        refused(&*store, outcome).await,
        Refusal::LeaseLost(lane.clone())
    );
    assert_eq!(claim_one(&*store, &life).await.delivery.no, 1);
}

/// Events that are purged are gone, also those of the same write; the others keep their numbers.
pub async fn events_are_purged(store: Arc<dyn Store>) {
    let stream = stream(1);
    let say = |write: Write, n: i64| write.append(stream.clone(), text(&n.to_string()));
    commit(&*store, (1..=5).fold(Write::new(), say)).await;
    let purge = |up_to| Change::Purge {
        stream: stream.clone(),
        up_to,
    };
    change(&*store, purge(2)).await;
    change(&*store, purge(1)).await;
    assert_eq!(said(&*store, &stream).await, ["3", "4", "5"]);
    let write = say(say(Write::new(), 6).change(purge(99)), 7);
    commit(&*store, write).await;
    let left = events(&*store, &stream).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].position.no, 7);
    let row: Option<Stream> = find(&*store, stream.as_str()).await;
    assert_eq!(row.map(|row| (row.last_no, row.count())), Some((7, 1)));
}

/// A stream that is trimmed has its newest events, and at most a quarter more.
pub async fn a_stream_is_trimmed(store: Arc<dyn Store>) {
    let stream = stream(1);
    for n in 0..100 {
        let trim = Change::Trim {
            stream: stream.clone(),
            keep: 20,
        };
        let write = Write::new().append(stream.clone(), text(&n.to_string()));
        commit(&*store, write.change(trim)).await;
        let left = events(&*store, &stream).await;
        assert!(left.len() <= 25);
        assert!(left.len() >= 20 || left.len() == n + 1);
        assert_eq!(
            left.last().map(|last| last.position.no),
            i64::try_from(n + 1).ok()
        );
    }
}

/// What belongs to a user is listed for that user.
pub async fn workflows_by_owner(store: Arc<dyn Store>) {
    for (n, owner) in [(9, "ann"), (10, "bob"), (11, "ann")] {
        let write = Write::new().put(agent(n, owner)).put(links(n, owner));
        let write = write.put(wallet(owner, &[&format!("key{n}")]));
        commit(&*store, write.put(workflow(n, owner))).await;
    }
    let ann = || id("ann");
    let agents: Vec<WorkflowAgent> = list(&*store, Query::WorkflowAgentsOf(ann())).await;
    assert_eq!(agents, [agent(9, "ann"), agent(11, "ann")]);
    let found: Vec<Links> = list(&*store, Query::LinksOf(ann())).await;
    assert_eq!(found, [links(9, "ann"), links(11, "ann")]);
    let found: Vec<Workflow> = list(&*store, Query::WorkflowsOf(ann())).await;
    assert_eq!(found, [workflow(9, "ann"), workflow(11, "ann")]);
    let forgetful = WorkflowAgent {
        keep_messages_for: Some(1),
        ..agent(9, "ann")
    };
    commit(&*store, Write::new().put(forgetful.clone()).put(url())).await;
    let found: Vec<WorkflowAgent> = list(&*store, Query::ForgetfulAgents).await;
    assert_eq!(found, [forgetful]);
    let found: Vec<AgentUrl> = list(&*store, Query::AgentUrls).await;
    assert_eq!(found, [url()]);
}

/// Checks are told by the time when they are due.
pub async fn checks_that_are_due_next(store: Arc<dyn Store>) {
    let due = |n: i64, at| DueCheck {
        id: AgentId(n),
        due_at: time(at),
    };
    for (n, at) in [(1, 30), (2, 10), (10, 20), (4, 20)] {
        commit(&*store, Write::new().put(due(n, at))).await;
    }
    let found: Vec<DueCheck> = list(&*store, Query::DueChecks { limit: 3 }).await;
    assert_eq!(found, [due(2, 10), due(4, 20), due(10, 20)]);
}
