//! How calls are tried again that failed.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_hours(24);

/// How a call is tried again that failed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// How long to wait.
    pub delay: RetryDelay,
    /// How often it is called at most; none for until it succeeds.
    pub attempts: Option<u32>,
}

/// How long to wait before a call is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryDelay {
    /// failures⁴ + 5 seconds: 6, 21, 86, 261.
    Usual,
    /// Longer each time.
    Growing {
        /// After the first failure, in milliseconds.
        first_ms: u32,
        /// By how much it is multiplied after each further one; at least 1.
        growth: f64,
    },
}

impl Default for RetryPolicy {
    /// Four times, after 6, 21, 86 and 261 seconds.
    fn default() -> Self {
        Self {
            delay: RetryDelay::Usual,
            attempts: Some(5),
        }
    }
}

impl RetryPolicy {
    /// How long to wait after so many failures, this one included; none to give up.
    pub fn pause(&self, failures: i64) -> Option<Duration> {
        let failures = u32::try_from(failures.max(1)).unwrap_or(u32::MAX);
        if self.attempts.is_some_and(|attempts| failures >= attempts) {
            return None;
        }
        Some(self.delay.after(failures).min(LONGEST))
    }
}

impl RetryDelay {
    fn after(self, failures: u32) -> Duration {
        match self {
            Self::Usual => {
                let power = u64::from(failures).saturating_pow(4);
                Duration::from_secs(power.saturating_add(5))
            }
            Self::Growing { first_ms, growth } => {
                let exponent = i32::try_from(failures - 1).unwrap_or(i32::MAX);
                let factor = growth.max(1.0).powi(exponent);
                let seconds = f64::from(first_ms) / 1000.0 * factor;
                Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(policy: RetryPolicy, count: i64) -> Vec<Option<u64>> {
        let ms = |pause: Duration| u64::try_from(pause.as_millis()).unwrap();
        (1..=count).map(|n| policy.pause(n).map(ms)).collect()
    }

    #[test]
    fn the_usual_pauses() {
        assert_eq!(
            pauses(RetryPolicy::default(), 5),
            [Some(6_000), Some(21_000), Some(86_000), Some(261_000), None]
        );
    }

    #[test]
    fn pauses_of_ones_own() {
        let delay = |growth| RetryDelay::Growing {
            first_ms: 50,
            growth,
        };
        let endless = |growth| RetryPolicy {
            delay: delay(growth),
            attempts: None,
        };
        assert_eq!(pauses(endless(1.0), 2), [Some(50), Some(50)]);
        assert_eq!(pauses(endless(2.0), 3), [Some(50), Some(100), Some(200)]);
        assert_eq!(endless(1e300).pause(i64::MAX), Some(LONGEST));
        assert_eq!(endless(f64::NAN).pause(7), Some(Duration::from_millis(50)));
        let once = RetryPolicy {
            delay: delay(1.0),
            attempts: Some(1),
        };
        assert_eq!(once.pause(1), None);
    }
}
