//! How long to wait before the next try.

use std::time::Duration;

use switchboard_domain::ports::Random;

/// The wait after the first failure, in milliseconds, at the most.
const FIRST_MS: u64 = 200;
/// The longest wait.
const LONGEST_MS: u64 = 10_000;
/// How often is tried in a row: for about five minutes.
const TRIES: u32 = 40;

/// Waits that grow, each cut by chance to somewhere in its upper half: many clients that lost the same
/// server do not come back all at once.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// How long to wait now; none when it was tried often enough.
    pub fn wait(&mut self, random: &dyn Random) -> Option<Duration> {
        if self.tries >= TRIES {
            return None;
        }
        let longest = (FIRST_MS << self.tries.min(16)).min(LONGEST_MS);
        self.tries += 1;
        let mut bytes = [0; 2];
        random.fill(&mut bytes);
        let chance = u64::from(u16::from_le_bytes(bytes));
        let half = longest / 2;
        Some(Duration::from_millis(half + half * chance / 0xFFFF))
    }

    /// How often it was tried in a row.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// It worked.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_testkit::random::TestRandom;

    #[test]
    fn waits_grow_to_a_limit_and_end() {
        let (random, mut backoff) = (TestRandom::seeded(7), Backoff::default());
        let waits: Vec<u128> = std::iter::from_fn(|| backoff.wait(&random))
            .map(|wait| wait.as_millis())
            .collect();
        assert_eq!(waits.len(), 40);
        assert!((100..=200).contains(&waits[0]) && (200..=400).contains(&waits[1]));
        assert!(waits[6..].iter().all(|wait| (5000..=10_000).contains(wait)));
        assert!(waits[6..].windows(2).any(|pair| pair[0] != pair[1]));
        backoff.reset();
        assert!(backoff.wait(&random).unwrap().as_millis() <= 200);
    }
}
