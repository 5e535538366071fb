//! A clock that stands still until a test moves it.

use futures::future::BoxFuture;
use std::time::Duration;
use switchboard_domain::{Timestamp, ports::Clock};
use tokio::sync::watch;

/// A clock that a test sets.
#[derive(Debug, Clone)]
pub struct TestClock {
    now: watch::Sender<Timestamp>,
}

impl TestClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: watch::Sender::new(now),
        }
    }

    /// A clock that shows 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::at(Timestamp::from_micros(1_767_225_600_000_000))
    }

    /// Moves it to this time. Whoever slept until then wakes up.
    pub fn set(&self, now: Timestamp) {
        self.now.send_replace(now);
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.now.send_modify(|now| *now = now.plus_micros(micros));
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'static, ()> {
        let (mut now, sender) = (self.now.subscribe(), self.now.clone());
        Box::pin(async move {
            // The sender is kept, so that a sleep does not end because the clock was dropped.
            now.wait_for(|now| *now >= deadline).await.ok();
            drop(sender);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn sleepers_wake_when_their_time_has_come() {
        let clock = TestClock::new();
        let start = clock.now();
        let mut sleep = clock.sleep_until(start.plus_seconds(2));
        clock.advance(Duration::from_secs(1));
        assert!((&mut sleep).now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!((&mut sleep).now_or_never().is_some());
        assert!(clock.sleep_until(start).now_or_never().is_some());
        clock.set(start);
        assert_eq!(clock.now(), start);
    }
}
