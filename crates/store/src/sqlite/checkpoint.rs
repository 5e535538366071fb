//! Carrying the log over into the database, beside the connection that writes.
//!
//! Left to itself, the connection that writes carries everything over at once, and all who wait for a
//! commit wait for that too. So another connection does most of it while writing goes on. The log can
//! begin anew only when nothing is left in it, which under load the writer sees to in the end: what is
//! left then is little.

use rusqlite::Connection;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};
use tokio_util::task::TaskTracker;

/// How many commits lie between two rounds.
const EVERY: u32 = 256;

/// The connection that carries over, until it is closed.
pub(super) struct Checkpoints {
    conn: Mutex<Option<Connection>>,
    commits: AtomicU32,
    rounds: TaskTracker,
}

impl Checkpoints {
    pub(super) fn new(conn: Connection) -> Self {
        Self {
            conn: Mutex::new(Some(conn)),
            commits: AtomicU32::new(0),
            rounds: TaskTracker::new(),
        }
    }

    /// Counts a commit, and begins a round when one is due.
    pub(super) fn committed(self: &Arc<Self>) {
        if !(self.commits.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(EVERY) {
            return;
        }
        let this = Arc::clone(self);
        self.rounds.spawn_blocking(move || this.round());
    }

    fn round(&self) {
        // Where the last round is still under way, there is no need for another.
        let Ok(conn) = self.conn.try_lock() else {
            return;
        };
        let Some(conn) = conn.as_ref() else {
            return;
        };
        let carried = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = carried {
            tracing::warn!(
                ?error,
                "the log could not be carried over; it is tried again"
            );
        }
    }

    /// Waits for the round under way, and closes.
    pub(super) async fn close(&self) {
        self.rounds.close();
        self.rounds.wait().await;
        self.conn
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}
