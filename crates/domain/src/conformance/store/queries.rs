//! Queries: which records, and in which order.

use super::make::{agent, commit, id, list, must, names, session, time, token, user};
use crate::{
    ids::{AccessTokenId, AgentId},
    nouns::{
        Agent, ApiToken, Hidden, Lockout, Revocation, Secret, Session, SessionStatus, Sharing, User,
    },
    ports::{Key, Query, Record, Store, Write},
};
use std::sync::Arc;
use uuid::Uuid;

async fn put_all<T: Into<Record>>(store: &dyn Store, nouns: impl IntoIterator<Item = T>) {
    commit(
        store,
        nouns
            .into_iter()
            .fold(Write::new(), |write, noun| write.put(noun.into())),
    )
    .await;
}

/// Users come by name, byte by byte.
pub async fn users_by_name(store: Arc<dyn Store>) {
    assert_eq!(list::<User>(&*store, Query::Users).await, []);
    put_all(
        &*store,
        ["bob", "Zoe", "ann", "ärmel", "a-b", "a_b", "a.b"].map(user),
    )
    .await;
    let users = list::<User>(&*store, Query::Users).await;
    assert_eq!(
        names(&users),
        ["Zoe", "a-b", "a.b", "a_b", "ann", "bob", "ärmel"]
    );
}

/// API tokens come newest first, of one user or of all.
pub async fn tokens_newest_first(store: Arc<dyn Store>) {
    put_all(&*store, [token(1, "ann"), token(3, "bob"), token(2, "ann")]).await;
    let tokens = async |owner| {
        let tokens: Vec<ApiToken> = list(&*store, Query::ApiTokens(owner)).await;
        tokens
            .into_iter()
            .map(|token| token.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(tokens(None).await, ["token 3", "token 2", "token 1"]);
    assert_eq!(tokens(Some(id("ann"))).await, ["token 2", "token 1"]);
    assert_eq!(tokens(Some(id("eve"))).await, [""; 0]);
}

/// An API token is found by its hash.
pub async fn a_token_by_its_hash(store: Arc<dyn Store>) {
    put_all(&*store, [token(1, "ann"), token(2, "ann")]).await;
    let by_hash = |hash: &str| list::<ApiToken>(&*store, Query::ApiTokenByHash(hash.to_owned()));
    assert_eq!(by_hash("hash2").await, [token(2, "ann")]);
    assert_eq!(by_hash("HASH2").await, []);
    assert_eq!(by_hash("").await, []);
}

/// What is sealed comes by id, slice by slice.
pub async fn what_is_sealed(store: Arc<dyn Store>) {
    let secret = |id: &str| Secret {
        id: id.to_owned(),
        sealed: Hidden::new(format!("sealed {id}")),
    };
    put_all(&*store, ["b", "\u{fc}", "a", "B", "c"].map(secret)).await;
    put_all(&*store, [user("ann")]).await;
    let slice = async |after, limit| must(store.list(&Query::Sealed { after, limit }).await);
    let all = ["B", "a", "b", "c", "\u{fc}"].map(|id| Record::from(secret(id)));
    assert_eq!(slice(None, 10).await, all);
    assert_eq!(slice(None, 2).await, all[..2]);
    assert_eq!(slice(Some(all[1].key()), 2).await, all[2..4]);
    assert_eq!(slice(Some(all[4].key()), 2).await, []);
    assert_eq!(slice(None, 0).await, []);
    // A record of a kind before them is before them all.
    assert_eq!(slice(Some(Key::of::<User>("zoe")), 10).await, all);
    assert_eq!(all[0].sealed().map(|(name, _)| name).as_deref(), Some("B"));
}

/// Sessions come oldest first; where there are more than asked for, the newest of them.
pub async fn sessions_oldest_first_but_the_newest(store: Arc<dyn Store>) {
    let ended = Session {
        status: SessionStatus::Ended,
        ..session(3, "ann")
    };
    let twin = Session {
        created_at: time(4),
        ..session(5, "ann")
    };
    put_all(
        &*store,
        [
            session(4, "ann"),
            session(1, "ann"),
            ended,
            session(2, "bob"),
            twin,
        ],
    )
    .await;
    let sessions = async |status, limit| {
        let query = Query::Sessions {
            owner: id("ann"),
            status,
            limit,
        };
        list::<Session>(&*store, query)
            .await
            .into_iter()
            .map(|session| session.id)
            .collect::<Vec<_>>()
    };
    let ids = |numbers: &[u128]| {
        numbers
            .iter()
            .copied()
            .map(super::make::session_id)
            .collect::<Vec<_>>()
    };
    assert_eq!(sessions(None, 10).await, ids(&[1, 3, 4, 5]));
    assert_eq!(sessions(None, 3).await, ids(&[3, 4, 5]));
    assert_eq!(sessions(Some(SessionStatus::Active), 2).await, ids(&[4, 5]));
    assert_eq!(sessions(Some(SessionStatus::Ended), 2).await, ids(&[3]));
    assert_eq!(sessions(Some(SessionStatus::Expired), 2).await, []);
    assert_eq!(sessions(None, 0).await, []);
}

/// Of the active sessions that expire, the next to expire comes first.
pub async fn sessions_that_expire_next(store: Arc<dyn Store>) {
    let for_ever = Session {
        expires_at: None,
        ..session(9, "ann")
    };
    let ended = Session {
        status: SessionStatus::Ended,
        ..session(8, "ann")
    };
    put_all(
        &*store,
        [
            session(1, "ann"),
            session(2, "bob"),
            session(3, "ann"),
            for_ever,
            ended,
        ],
    )
    .await;
    let next = list::<Session>(&*store, Query::NextToExpire { limit: 2 }).await;
    assert_eq!(next, [session(3, "ann"), session(2, "bob")]);
}

/// A user sees the agents that are theirs, everyone's, or shared with them.
pub async fn agents_that_a_user_may_see(store: Arc<dyn Store>) {
    let of = |n, owner: &str, shared| Agent {
        owner: id(owner),
        shared,
        ..agent(n, "name", &[], "")
    };
    let with = |users: &[&str]| Sharing::With(users.iter().map(|name| id(name)).collect());
    let agents = [
        of(10, "ann", Sharing::Private),
        of(9, "bob", Sharing::Private),
        of(2, "bob", Sharing::Everyone),
        of(3, "bob", with(&["ann", "with"])),
        of(4, "bob", with(&["anna", "an", "bob"])),
        of(5, "bob", with(&[])),
    ];
    put_all(&*store, agents.clone()).await;
    for name in ["ann", "bob", "with", "everyone", "eve", "an"] {
        let seen: Vec<AgentId> = list::<Agent>(&*store, Query::AgentsVisibleTo(id(name)))
            .await
            .iter()
            .map(|agent| agent.id)
            .collect();
        let mut expected: Vec<AgentId> = agents
            .iter()
            .filter(|agent| agent.is_visible_to(&id(name)))
            .map(|agent| agent.id)
            .collect();
        expected.sort();
        assert_eq!(seen, expected, "{name}");
    }
}

/// Revocations and lock-outs that are over may go.
pub async fn what_is_stale(store: Arc<dyn Store>) {
    let revocation = |n: u32| Revocation {
        id: AccessTokenId::from_uuid(Uuid::from_u128(n.into())),
        until: time(n.into()),
    };
    let lockout = |n: i64, locked_until| Lockout {
        id: format!("name{n}"),
        failures: 3,
        locked_until,
        last_at: time(n),
    };
    put_all(&*store, (1..=4).map(revocation)).await;
    let day = 24 * 60 * 60 * 1_000_000;
    let recent = Lockout {
        last_at: time(day),
        ..lockout(4, None)
    };
    put_all(
        &*store,
        [
            lockout(1, Some(time(2))),
            lockout(2, Some(time(5))),
            lockout(3, None),
            recent.clone(),
        ],
    )
    .await;
    let stale = async |now, limit| must(store.list(&Query::Stale { now, limit }).await);
    assert_eq!(stale(time(0), 10).await, []);
    let over: Vec<Record> = vec![
        revocation(1).into(),
        revocation(2).into(),
        lockout(1, Some(time(2))).into(),
    ];
    assert_eq!(stale(time(2), 10).await, over);
    assert_eq!(stale(time(2), 1).await, [over[0].clone(), over[2].clone()]);
    // Failures that never locked anybody out are forgotten after a day.
    let later = stale(time(day + 3), 10).await;
    assert!(later.contains(&lockout(3, None).into()) && !later.contains(&recent.into()));
}

/// The store answers, and tells how durable it is.
pub async fn the_store_answers(store: Arc<dyn Store>) {
    must(store.ping().await);
    assert!(!must(store.durability().await).is_empty());
}
