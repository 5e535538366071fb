//! Accounts, and the ways to connect them.

use super::make::{commit, find, id, list, refused, time};
use crate::{
    Timestamp,
    ids::{AccountId, ChallengeId},
    nouns::{Account, Challenge, Flow, Hidden},
    ports::{Key, Query, Record, Refusal, Store, Write},
};
use std::sync::Arc;
use uuid::Uuid;

fn account(owner: &str, provider: &str) -> Account {
    Account {
        id: Account::key(&id(owner), provider),
        connection: AccountId::from_uuid(Uuid::from_u128(1)),
        owner: id(owner),
        provider: provider.to_owned(),
        scopes: vec!["mail.read".to_owned(), "ü\u{1F980}".to_owned()],
        sealed: Hidden::new("tokens"),
        expires_at: Some(time(9)),
        can_renew: true,
        renewing_until: None,
        broken: None,
        connected_at: time(0),
        renewed_at: None,
    }
}

fn challenge(n: u128, owner: &str, due_at: Timestamp) -> Challenge {
    Challenge {
        id: ChallengeId::from_uuid(Uuid::from_u128(n)),
        owner: id(owner),
        provider: "google".to_owned(),
        scopes: Vec::new(),
        flow: Flow::Open,
        sealed: None,
        due_at,
        created_at: time(0),
        expires_at: time(100),
    }
}

/// A first and a second state of each kind.
pub(super) fn pairs() -> Vec<(Record, Record)> {
    let device = Flow::Device {
        user_code: "WDJB-MJHT".to_owned(),
        verification_uri: "https://example.com/device".to_owned(),
        verification_uri_complete: None,
        interval_s: 5,
    };
    let first = account("ann", "google");
    let begun = challenge(1, "ann", time(1));
    vec![
        (
            first.clone().into(),
            Account {
                connection: AccountId::from_uuid(Uuid::from_u128(2)),
                scopes: Vec::new(),
                sealed: Hidden::new("others"),
                expires_at: None,
                can_renew: false,
                renewing_until: Some(time(7)),
                broken: Some("revoked".to_owned()),
                renewed_at: Some(time(5)),
                ..first
            }
            .into(),
        ),
        (
            begun.clone().into(),
            Challenge {
                flow: device,
                sealed: Some(Hidden::new("device code")),
                due_at: time(2),
                scopes: vec!["a".to_owned()],
                ..begun
            }
            .into(),
        ),
    ]
}

/// A user sees their own accounts, and one of two who renew an account wins.
pub async fn accounts_by_owner(store: Arc<dyn Store>) {
    let all = [
        account("ann", "google"),
        account("ann", "github"),
        account("ben", "google"),
    ];
    for account in &all {
        commit(&*store, Write::new().put(account.clone())).await;
    }
    let of = async |owner: &str| list::<Account>(&*store, Query::AccountsOf(id(owner))).await;
    assert_eq!(of("ann").await, [all[1].clone(), all[0].clone()]);
    assert_eq!(of("ben").await, [all[2].clone()]);
    assert_eq!(of("cid").await, []);
    let renewing = Account {
        renewing_until: Some(time(50)),
        ..all[0].clone()
    };
    let write = || Write::new().unchanged(all[0].clone()).put(renewing.clone());
    commit(&*store, write()).await;
    let key = Key::of::<Account>(all[0].id.as_str());
    assert_eq!(refused(&*store, write()).await, Refusal::Changed(key));
    assert_eq!(find(&*store, all[0].id.as_str()).await, Some(renewing));
}

/// What is due comes first, whosever it is; a user's own come in the order in which they were made.
pub async fn challenges_that_are_due_next(store: Arc<dyn Store>) {
    let mut all = [
        challenge(3, "ann", time(30)),
        challenge(1, "ben", time(20)),
        challenge(2, "ann", time(10)),
    ];
    all[0].created_at = time(-5);
    for challenge in &all {
        commit(&*store, Write::new().put(challenge.clone())).await;
    }
    let due = async |limit| list::<Challenge>(&*store, Query::DueChallenges { limit }).await;
    assert_eq!(due(2).await, [all[2].clone(), all[1].clone()]);
    assert_eq!(due(9).await.len(), 3);
    let of_ann = list::<Challenge>(&*store, Query::ChallengesOf(id("ann"))).await;
    assert_eq!(of_ann, [all[0].clone(), all[2].clone()]);
}
