//! Which sessions somebody is connected to, and who is, on this node.

use crate::{app::Switchboard, metrics};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::{
    Error, Result,
    ids::{SessionId, Username},
    nouns::Principal,
};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The connections on this node.
#[derive(Default)]
pub struct Presence(Arc<Mutex<Counts>>);

/// How many connections each session and each user has.
#[derive(Default)]
struct Counts {
    sessions: HashMap<SessionId, usize>,
    users: HashMap<Username, usize>,
}

/// One connection to a session. Dropped when it closes.
pub struct Present {
    session: SessionId,
    user: Username,
    counts: Arc<Mutex<Counts>>,
    /// A stopping server waits until the client was told.
    _alive: TaskTrackerToken,
}

impl Presence {
    /// Whether somebody is connected to the session.
    pub fn is_connected(&self, session: &SessionId) -> bool {
        lock(&self.0).sessions.contains_key(session)
    }
}

impl Switchboard {
    /// Notes a connection of the caller's to a session: it is not ended to make room while there is one.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] when the caller's user has as many connections as one may have.
    pub fn enter(&self, caller: &Principal, session: &SessionId) -> Result<Present> {
        let most = self.settings.limits.connections_per_user;
        let user = caller.user();
        let mut counts = lock(&self.presence.0);
        if most > 0 && counts.users.get(user).is_some_and(|count| *count >= most) {
            metrics::connections_limited();
            let hint = format!("you have {most} connections, and may not have more: close one");
            return Err(Error::QuotaExceeded(hint));
        }
        *counts.sessions.entry(session.clone()).or_default() += 1;
        *counts.users.entry(user.clone()).or_default() += 1;
        Ok(Present {
            session: session.clone(),
            user: user.clone(),
            counts: Arc::clone(&self.presence.0),
            _alive: self.tasks.token(),
        })
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        take_one(&mut counts.sessions, &self.session);
        take_one(&mut counts.users, &self.user);
    }
}

fn take_one<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
