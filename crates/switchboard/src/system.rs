//! The machine's clock and randomness behind their ports. Nothing else asks the machine for either.

use std::time::{SystemTime, UNIX_EPOCH};

use futures::{FutureExt as _, future::BoxFuture};
use switchboard_domain::{
    Timestamp,
    ports::{Clock, Random},
};

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

/// The machine's randomness.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, deadline: Timestamp) -> BoxFuture<'static, ()> {
        // Counted by the machine's monotonic clock: setting its wall clock stalls nobody.
        let left = deadline.since(self.now());
        async move {
            if !left.is_zero() {
                tokio::time::sleep(left).await;
            }
        }
        .boxed()
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Without randomness every key and id would be guessable: there is no way to go on.
            eprintln!("error: the machine gives no random bytes: {error}");
            std::process::abort();
        }
    }
}
