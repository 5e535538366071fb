//! When a transaction that failed is tried again, whole.

use crate::fault::Fault;
use switchboard_domain::ports::Clock;

/// How often it was tried, and why it failed.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    conflicts: u32,
    taken: u32,
    away: u32,
}

/// How often a conflict, a taken key and a lost connection are tried again.
const CONFLICTS: u32 = 10;
const TAKEN: u32 = 3;
const AWAY: u32 = 2;
/// So many times at once, then ever later.
const AT_ONCE: u32 = 3;

impl Retries {
    /// Waits until it makes sense to try again.
    ///
    /// # Errors
    /// The fault, when it does not.
    pub(crate) async fn again(&mut self, fault: Fault, clock: &dyn Clock) -> Result<(), Fault> {
        let (count, limit) = match &fault {
            Fault::Conflict(_) => (&mut self.conflicts, CONFLICTS),
            Fault::Taken(_) => (&mut self.taken, TAKEN),
            Fault::Away(_) => (&mut self.away, AWAY),
            Fault::Bad(_) | Fault::Unknown(_) | Fault::Closed => return Err(fault),
        };
        *count += 1;
        let tries = *count;
        if tries > limit {
            return Err(fault);
        }
        tracing::debug!(?fault, tries, "trying a transaction again");
        pause(tries, clock).await;
        Ok(())
    }
}

/// Waits ever longer: nothing at first, then 2, 4, 8 ms and so on, up to a quarter of a second.
pub(crate) async fn pause(tries: u32, clock: &dyn Clock) {
    if let Some(power) = tries.checked_sub(AT_ONCE).filter(|power| *power > 0) {
        let micros = 1000_i64 << power.min(8);
        clock.sleep_until(clock.now().plus_micros(micros)).await;
    }
}
