//! How calls are made again that failed, as it is on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use switchboard_domain::nouns::{RetryDelay, RetryPolicy};
use utoipa::ToSchema;

/// How calls are made again that failed.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[schema(example = json!({"first_delay_s": 1, "growth": 2, "attempts": 10}))]
pub struct Retry {
    /// How many seconds to wait after the first failure. Without it one waits failures⁴ + 5 seconds.
    #[garde(range(min = 0.0, max = 86_400.0))]
    #[schema(minimum = 0, maximum = 86_400)]
    first_delay_s: Option<f64>,
    /// By how much the pause is multiplied after each further failure; 2 unless said.
    #[garde(range(min = 1.0, max = 100.0))]
    #[schema(minimum = 1, maximum = 100)]
    growth: Option<f64>,
    /// How often the agent is called at most; until it succeeds unless said.
    #[garde(range(min = 1))]
    #[schema(minimum = 1, maximum = 4_294_967_295_i64)]
    attempts: Option<u32>,
}

impl Retry {
    /// The policy.
    pub fn read(&self) -> RetryPolicy {
        let growth = self.growth.unwrap_or(2.0);
        RetryPolicy {
            delay: match self.first_delay_s {
                Some(seconds) => RetryDelay::Growing {
                    first_ms: milliseconds(seconds),
                    growth,
                },
                None => RetryDelay::Usual,
            },
            attempts: self.attempts,
        }
    }
}

/// The rule keeps it between nothing and a day.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn milliseconds(seconds: f64) -> u32 {
    (seconds * 1000.0).round() as u32
}

impl From<RetryPolicy> for Retry {
    fn from(policy: RetryPolicy) -> Self {
        let (first_delay_s, growth) = match policy.delay {
            RetryDelay::Usual => (None, None),
            RetryDelay::Growing { first_ms, growth } => {
                (Some(f64::from(first_ms) / 1000.0), Some(growth))
            }
        };
        Self {
            first_delay_s,
            growth,
            attempts: policy.attempts,
        }
    }
}
