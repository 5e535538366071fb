//! Connections that end when their user or token loses access.

use crate::app::{Ports, Switchboard};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use switchboard_domain::{
    Result,
    ids::{StreamId, Username},
    nouns::{Event, Principal, Stream},
    ports::{Page, find},
};
use tokio_util::sync::CancellationToken;

/// How many pieces of news are read at a time.
const SLICE: usize = 200;
/// How many bytes of news are read at a time.
const SLICE_BYTES: usize = 1 << 20;

/// Who is connected to this node.
pub struct Access {
    admitted: Arc<Mutex<HashMap<Username, Vec<Entry>>>>,
    cursor: AtomicI64,
    next: AtomicU64,
}

struct Entry {
    number: u64,
    principal: Principal,
    ended: CancellationToken,
}

/// A connection's right to be there. Dropped when the connection closes.
pub struct Admission {
    user: Username,
    number: u64,
    /// Cancelled when the right is gone.
    pub ended: CancellationToken,
    admitted: Arc<Mutex<HashMap<Username, Vec<Entry>>>>,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut admitted = lock(&self.admitted);
        if let Some(entries) = admitted.get_mut(&self.user) {
            entries.retain(|entry| entry.number != self.number);
            if entries.is_empty() {
                admitted.remove(&self.user);
            }
        }
    }
}

impl Access {
    /// Begins to follow the news where they are now.
    pub async fn open(ports: &Ports) -> Result<Self> {
        let head = find::<Stream>(&*ports.store, StreamId::access().as_str()).await?;
        Ok(Self {
            admitted: Arc::default(),
            cursor: AtomicI64::new(head.map_or(0, |head| head.last_no)),
            next: AtomicU64::new(0),
        })
    }

    fn end(&self, user: &Username, hit: impl Fn(&Principal) -> bool) {
        if let Some(entries) = lock(&self.admitted).get(user) {
            entries
                .iter()
                .filter(|entry| hit(&entry.principal))
                .for_each(|entry| entry.ended.cancel());
        }
    }
}

impl Switchboard {
    /// Notes that a connection of this caller is open. When the caller loses access, the admission's
    /// `ended` is cancelled within seconds. Authenticate once more after this call: news from before
    /// it are not seen.
    pub fn admit(&self, caller: &Principal) -> Admission {
        let number = self.access.next.fetch_add(1, Ordering::Relaxed);
        let ended = CancellationToken::new();
        let entry = Entry {
            number,
            principal: caller.clone(),
            ended: ended.clone(),
        };
        let user = caller.user().clone();
        lock(&self.access.admitted)
            .entry(user.clone())
            .or_default()
            .push(entry);
        Admission {
            user,
            number,
            ended,
            admitted: Arc::clone(&self.access.admitted),
        }
    }
}

/// Reads the news on and ends what has to end.
pub async fn apply_access_news(app: &Switchboard) -> Result<()> {
    loop {
        let after = app.access.cursor.load(Ordering::Acquire);
        let news = app
            .ports
            .store
            .events(
                &StreamId::access(),
                Page::After {
                    after,
                    limit: SLICE,
                    bytes: SLICE_BYTES,
                },
            )
            .await?;
        let Some(last) = news.last().map(|event| event.position.no) else {
            return Ok(());
        };
        for news in &news {
            apply(&app.access, &news.event);
        }
        app.access.cursor.store(last, Ordering::Release);
    }
}

fn apply(access: &Access, news: &Event) {
    match news {
        Event::AccessEnded { user } => access.end(user, |_| true),
        Event::TokenEnded {
            user,
            api_token,
            access_token,
        } => access.end(user, |principal| match principal {
            Principal::User { token, .. } => access_token.as_deref() == Some(token.as_str()),
            Principal::ApiToken { id, .. } => api_token.as_ref() == Some(id),
            // They have no token that could end.
            Principal::Local { .. } => false,
        }),
        _ => {}
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
