//! Which sessions somebody is connected to, on this node.

use crate::app::Switchboard;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::ids::SessionId;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How many connections each session has on this node.
#[derive(Default)]
pub struct Presence(Arc<Mutex<HashMap<SessionId, usize>>>);

/// One connection to a session. Dropped when it closes.
pub struct Present {
    session: SessionId,
    sessions: Arc<Mutex<HashMap<SessionId, usize>>>,
    /// A stopping server waits until the client was told.
    _alive: TaskTrackerToken,
}

impl Presence {
    /// Whether somebody is connected to the session.
    pub fn is_connected(&self, session: &SessionId) -> bool {
        lock(&self.0).contains_key(session)
    }
}

impl Switchboard {
    /// Notes a connection to a session: it is not ended to make room while there is one.
    pub fn enter(&self, session: &SessionId) -> Present {
        *lock(&self.presence.0).entry(session.clone()).or_default() += 1;
        let sessions = Arc::clone(&self.presence.0);
        Present {
            session: session.clone(),
            sessions,
            _alive: self.tasks.token(),
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut sessions = lock(&self.sessions);
        if let Some(count) = sessions.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                sessions.remove(&self.session);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
