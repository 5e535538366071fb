//! Time and randomness, as ports, so that tests and simulations decide both.

use crate::Timestamp;
use futures::future::BoxFuture;
use uuid::Uuid;

/// The only source of time.
pub trait Clock: Send + Sync {
    /// The present time, cut to microseconds.
    fn now(&self) -> Timestamp;

    /// Resolves once [`Clock::now`] is `deadline` or later; at once if it already is.
    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'static, ()>;
}

/// The only source of randomness. Outside of simulations it is cryptographically secure.
pub trait Random: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// A UUID of version 7 (RFC 9562 §5.7): ids made later sort later.
    fn uuid(&self, now: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        let millis = now.as_micros().max(0).unsigned_abs() / 1000;
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}
