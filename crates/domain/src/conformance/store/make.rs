//! Small nouns for the cases, and what the cases do again and again.

use crate::{
    Timestamp,
    ids::{AgentId, ApiTokenId, LaneId, LifeId, MessageId, SessionId, StreamId, Username},
    nouns::{
        Agent, ApiToken, ChatTurn, Claimed, Event, Hidden, InteractionMode, Object, Recorded, Role,
        Session, SessionAgent, SessionKind, SessionStatus, Sharing, Text, User, Work,
    },
    ports::{
        About, Change, Claims, Key, NewDelivery, Noun, Page, Query, Receipt, Refusal, Store, Write,
        WriteError,
    },
};
use std::{fmt::Debug, str::FromStr, sync::Arc, time::Duration};
use uuid::Uuid;

/// Later than anything in the cases.
pub const LATE: Timestamp = Timestamp::from_micros(9_000_000_000_000_000);

/// The value, which must be there.
///
/// # Panics
/// When it is an error.
#[track_caller]
pub fn must<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the store failed: {error:?}"),
    }
}

/// An id from its text.
pub fn id<T: FromStr<Err: Debug>>(text: &str) -> T {
    must(text.parse())
}

/// The time so many microseconds after some start.
pub const fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000_000 + micros)
}

/// The `n`th lane.
pub fn lane(n: u32) -> LaneId {
    LaneId::from_key(format!("lane{n}"))
}

/// The `n`th stream.
pub fn stream(n: u32) -> StreamId {
    StreamId::from_key(format!("stream{n}"))
}

/// The `n`th life.
pub fn life(n: u128) -> LifeId {
    LifeId::from_uuid(Uuid::from_u128(n))
}

/// A text.
pub fn text(content: &str) -> Event {
    Event::Text(Text {
        message: MessageId::from_uuid(Uuid::from_u128(1)),
        sender: "human".to_owned(),
        receiver: "agent_1".to_owned(),
        content: content.to_owned(),
        origin: None,
        client_id: None,
        structured: None,
        metadata: Object::new(),
    })
}

/// Work that can be told apart by its number.
pub fn work(n: u32) -> Work {
    Work::Chat(ChatTurn {
        round: 0,
        place: 0,
        turns: vec![n],
    })
}

/// A delivery with the `n`th work.
pub fn delivery(lane: &LaneId, n: u32) -> NewDelivery {
    NewDelivery {
        lane: lane.clone(),
        agent: "agent_1".to_owned(),
        user: id("ann"),
        work: work(n),
        about: About::Nothing,
        only_if_idle: false,
        claim: None,
    }
}

/// A write that puts the `n`th work at the tail of the lane.
pub fn enqueue(lane: &LaneId, n: u32) -> Write {
    Write::new().change(Change::Enqueue(delivery(lane, n)))
}

/// A user.
pub fn user(name: &str) -> User {
    User {
        id: id(name),
        role: Role::User,
        password_hash: Hidden::new("$argon2id$"),
        created_at: time(0),
        tokens_from: time(0),
        disabled_at: None,
    }
}

/// The id of the `n`th session.
pub fn session_id(n: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(n))
}

/// The `n`th session, active, made at the `n`th microsecond.
pub fn session(n: u32, owner: &str) -> Session {
    Session {
        id: session_id(n.into()),
        kind: SessionKind::HumanAgent,
        owner: id(owner),
        status: SessionStatus::Active,
        created_at: time(n.into()),
        expires_at: Some(time(1_000_000 - i64::from(n))),
        ended_at: None,
        agents: vec![SessionAgent {
            key: "helper".to_owned(),
            provider: "demo".to_owned(),
            model: "echo".to_owned(),
            capabilities: vec!["talking".to_owned()],
            personality: None,
            metadata: Object::new(),
            registered: Some(AgentId(7)),
        }],
        interaction_modes: vec![InteractionMode::HumanToAgent],
        metadata: Object::new(),
    }
}

/// The `n`th API token, made at the `n`th microsecond.
pub fn token(n: u32, owner: &str) -> ApiToken {
    ApiToken {
        id: ApiTokenId::from_uuid(Uuid::from_u128(n.into())),
        name: format!("token {n}"),
        owner: id(owner),
        hash: Hidden::new(format!("hash{n}")),
        scopes: vec![crate::nouns::Scope::Chat],
        created_at: time(n.into()),
        expires_at: None,
        revoked_at: None,
    }
}

/// An agent that everyone may see.
pub fn agent(n: i64, name: &str, capabilities: &[&str], personality: &str) -> Agent {
    Agent {
        id: AgentId(n),
        name: name.to_owned(),
        owner: id("ann"),
        provider: "demo".to_owned(),
        model: "echo".to_owned(),
        capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
        interaction_modes: InteractionMode::ALL.to_vec(),
        personality: Some(personality.to_owned()),
        metadata: Object::new(),
        shared: Sharing::Everyone,
        created_at: time(n),
    }
}

/// Commits.
pub async fn commit(store: &dyn Store, write: Write) -> Receipt {
    must(store.commit(write).await)
}

/// Commits what must be refused.
pub async fn refused(store: &dyn Store, write: Write) -> Refusal {
    match store.commit(write).await {
        Err(WriteError::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Begins a life that lasts longer than the case.
pub async fn begin(store: &dyn Store, n: u128) -> LifeId {
    let life = life(n);
    must(store.beat(&life, Duration::from_hours(1)).await);
    life
}

/// Claims all that is ready, however late.
pub async fn claim_all(store: &dyn Store, life: &LifeId) -> Vec<Claimed> {
    claims(store, life, LATE, 100).await.claimed
}

/// Claims.
pub async fn claims(store: &dyn Store, life: &LifeId, now: Timestamp, limit: usize) -> Claims {
    must(store.claim(life, now, limit).await)
}

/// Claims the one delivery that is ready.
pub async fn claim_one(store: &dyn Store, life: &LifeId) -> Claimed {
    let mut claimed = claim_all(store, life).await;
    assert_eq!(claimed.len(), 1, "one delivery is ready: {claimed:?}");
    claimed.remove(0)
}

/// All events of a stream.
pub async fn events(store: &dyn Store, stream: &StreamId) -> Vec<Recorded> {
    must(
        store
            .events(
                stream,
                Page::After {
                    after: 0,
                    limit: 100_000,
                    bytes: usize::MAX,
                },
            )
            .await,
    )
}

/// The contents of the texts in a stream.
pub async fn said(store: &dyn Store, stream: &StreamId) -> Vec<String> {
    let events = events(store, stream).await;
    events
        .into_iter()
        .filter_map(|recorded| content(recorded.event))
        .collect()
}

/// The content, if it is a text.
pub fn content(event: Event) -> Option<String> {
    match event {
        Event::Text(text) => Some(text.content),
        _ => None,
    }
}

/// The noun with this id.
pub async fn find<T: Noun>(store: &dyn Store, id: impl Into<Arc<str>>) -> Option<T> {
    must(crate::ports::find(store, id).await)
}

/// The nouns that a query gives.
pub async fn list<T: Noun>(store: &dyn Store, query: Query) -> Vec<T> {
    must(crate::ports::list(store, &query).await)
}

/// The key of a user.
pub fn user_key(name: &str) -> Key {
    Key::of::<User>(name)
}

/// Users by their names.
pub fn names(users: &[User]) -> Vec<&str> {
    users
        .iter()
        .map(|user| Username::as_str(&user.id))
        .collect()
}

/// Lets others go first, once.
pub async fn pass() {
    let mut passed = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut passed, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}
