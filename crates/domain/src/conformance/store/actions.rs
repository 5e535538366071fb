//! The records that actions keep, and how they are found.

use super::make::{commit, find, list, time};
use crate::{
    ids::{ActionId, GrantId, SessionId, Username},
    nouns::{
        Action, ActionState, Function, Grant, Object, Place, Policy, TrailHead,
        action::{Approval, Approver, Effect, Holder, Origin, Rule},
    },
    ports::{Query, Record, Store, Write},
};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

fn owner(name: &str) -> Username {
    super::make::id(name)
}

fn object() -> Object {
    Object::from_iter([("a".to_owned(), json!([1.5, {"b": null}, "\0"]))])
}

fn id(n: u128) -> ActionId {
    ActionId::from_uuid(Uuid::from_u128(n))
}

/// The `n`th action of a user, ready for an executor.
pub(super) fn action(n: u128, user: &str) -> Action {
    let session = SessionId::from_uuid(Uuid::from_u128(1));
    let origin = Origin::Session {
        session,
        place: 0,
        round: 0,
    };
    let at = time(i64::try_from(n).unwrap_or(0));
    Action {
        id: id(n),
        owner: owner(user),
        agent: "agent_1".to_owned(),
        function: Box::new(Function {
            name: "send".to_owned(),
            returns: Some(json!({"type": "object"})),
            ..Function::default()
        }),
        capability: "mail.send".to_owned(),
        at: Place::Executor,
        arguments: object(),
        account: None,
        digest: "sha-256:00".to_owned(),
        state: ActionState::Ready,
        source: origin.source(),
        origin,
        approval: None,
        auth: None,
        lease: 0,
        holder: None,
        output: None,
        error: None,
        superseded_by: None,
        told: None,
        created_at: at,
        expires_at: time(100),
        due_at: None,
        ended_at: None,
    }
}

fn grant(n: u128, user: &str) -> Grant {
    Grant {
        id: GrantId::from_uuid(Uuid::from_u128(n)),
        owner: owner(user),
        capabilities: vec![super::make::id("mail.*")],
        agent: None,
        max: 9,
        used: 0,
        created_at: time(i64::try_from(n).unwrap_or(0)),
        expires_at: time(50),
    }
}

/// A first and a second state of each kind of record.
pub(super) fn pairs() -> Vec<(Record, Record)> {
    let done = Action {
        account: Some("google:1".to_owned()),
        state: ActionState::Succeeded,
        approval: Some(Approval {
            by: Approver::Person(owner("ann")),
            digest: "sha-256:00".to_owned(),
            at: time(1),
        }),
        auth: Some(object()),
        lease: 7,
        holder: Some(Holder {
            by: "x".to_owned(),
            until: time(9),
        }),
        output: Some(json!({"a": "\0", "b": 1.5})),
        error: Some("no".to_owned()),
        superseded_by: Some(id(2)),
        told: Some(3),
        due_at: Some(time(4)),
        ended_at: Some(time(5)),
        ..action(1, "ann")
    };
    let rules = vec![Rule {
        effect: Effect::Ask,
        agent: Some("agent_1".to_owned()),
        capability: Some(super::make::id("mail.*")),
        risk: None,
        from: None,
        until: Some(time(7)),
    }];
    let used = Grant {
        agent: Some("agent_1".to_owned()),
        used: 1,
        ..grant(1, "ann")
    };
    let head = |no, seal: &str| TrailHead {
        id: owner("ann"),
        no,
        seal: seal.to_owned(),
    };
    let policy = Policy::none("ann");
    let strict = Policy {
        rules,
        ..policy.clone()
    };
    vec![
        (action(1, "ann").into(), done.into()),
        (policy.into(), strict.into()),
        (grant(1, "ann").into(), used.into()),
        (head(1, "aa").into(), head(2, "bb").into()),
    ]
}

/// Actions are found by owner and state, newest first, in pages.
pub async fn actions_newest_first(store: Arc<dyn Store>) {
    let asked = |n| Action {
        state: ActionState::ApprovalRequired,
        ..action(n, "ann")
    };
    for action in [action(3, "ann"), asked(1), action(9, "bob"), asked(2)] {
        commit(&*store, Write::new().put(action)).await;
    }
    let found = |states: &[ActionState], before, limit| {
        let query = Query::ActionsOf {
            owner: owner("ann"),
            states: states.to_vec(),
            before,
            limit,
        };
        let store = Arc::clone(&store);
        async move { list::<Action>(&*store, query).await }
    };
    assert_eq!(found(&[], None, 2).await, [action(3, "ann"), asked(2)]);
    let behind = Some((time(2), id(2)));
    assert_eq!(found(&[], behind, 9).await, [asked(1)]);
    let waiting = [ActionState::ApprovalRequired, ActionState::Unknown];
    assert_eq!(found(&waiting, None, 9).await, [asked(2), asked(1)]);
    assert_eq!(find(&*store, id(3).key()).await, Some(action(3, "ann")));
}

/// What may be claimed, what nobody was told of, and what is due, each in its order.
pub async fn actions_to_be_worked_on(store: Arc<dyn Store>) {
    let by_server = Action {
        at: Place::Server,
        told: Some(0),
        ..action(4, "ann")
    };
    let running = Action {
        state: ActionState::Running,
        due_at: Some(time(8)),
        ..action(5, "ann")
    };
    let waiting = Action {
        due_at: Some(time(7)),
        ..action(2, "bob")
    };
    for action in [action(3, "ann"), by_server.clone(), running.clone()] {
        commit(&*store, Write::new().put(action)).await;
    }
    for action in [action(1, "ann"), waiting.clone()] {
        commit(&*store, Write::new().put(action)).await;
    }
    let ready = |user: Option<&str>, at, after| {
        let query = Query::ReadyActions {
            owner: user.map(owner),
            at,
            after,
            limit: 2,
        };
        let store = Arc::clone(&store);
        async move { list::<Action>(&*store, query).await }
    };
    let ann = [action(1, "ann"), action(3, "ann")];
    assert_eq!(ready(Some("ann"), Place::Executor, None).await, ann);
    let behind = Some((time(1), id(1)));
    assert_eq!(ready(Some("ann"), Place::Executor, behind).await, ann[1..]);
    let oldest = [action(1, "ann"), waiting.clone()];
    assert_eq!(ready(None, Place::Executor, None).await, oldest);
    assert_eq!(ready(None, Place::Server, None).await, [by_server]);
    let untold = Query::UntoldActions {
        source: action(1, "ann").source,
        limit: 9,
    };
    let all = [
        action(1, "ann"),
        waiting.clone(),
        action(3, "ann"),
        running.clone(),
    ];
    assert_eq!(list::<Action>(&*store, untold).await, all);
    let due = list::<Action>(&*store, Query::DueActions { limit: 9 }).await;
    assert_eq!(due, [waiting, running]);
    for grant in [grant(2, "ann"), grant(1, "ann"), grant(3, "bob")] {
        commit(&*store, Write::new().put(grant)).await;
    }
    let grants = list::<Grant>(&*store, Query::GrantsOf(owner("ann"))).await;
    assert_eq!(grants, [grant(1, "ann"), grant(2, "ann")]);
}
