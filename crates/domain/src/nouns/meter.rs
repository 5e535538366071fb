//! Token accounting.

use crate::{Timestamp, nouns::Usage};
use serde::{Deserialize, Serialize};

/// How much somebody used: an agent, a session, or a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meter {
    /// Whose meter: the text form of an agent's or session's id, or `user:<name>`.
    pub id: String,
    /// When the present minute began.
    pub window_at: Timestamp,
    /// Tokens used in the present minute.
    pub window_tokens: i64,
    /// Input tokens, ever.
    pub input_tokens: i64,
    /// Output tokens, ever.
    pub output_tokens: i64,
    /// Calls that were answered, ever.
    pub calls: i64,
    /// When it was last used.
    pub last_at: Timestamp,
}

/// The length of a meter's window, in seconds.
const WINDOW_S: i64 = 60;

impl Meter {
    /// A meter that has counted nothing.
    pub fn new(id: impl Into<String>) -> Self {
        let zero = Timestamp::from_micros(0);
        Self {
            id: id.into(),
            window_at: zero,
            window_tokens: 0,
            input_tokens: 0,
            output_tokens: 0,
            calls: 0,
            last_at: zero,
        }
    }

    /// Counts one answered call.
    pub fn count(&mut self, usage: Usage, now: Timestamp) {
        if now >= self.window_end() {
            self.window_at = now;
            self.window_tokens = 0;
        }
        self.window_tokens = self.window_tokens.saturating_add(usage.total());
        self.input_tokens = self.input_tokens.saturating_add(usage.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(usage.output_tokens);
        self.calls += 1;
        self.last_at = self.last_at.max(now);
    }

    /// All tokens, ever.
    pub fn total_tokens(&self) -> i64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// Until when whoever may use `per_minute` tokens has to wait, if they have to. 0 is no limit.
    pub fn cooldown(&self, per_minute: i64, now: Timestamp) -> Option<Timestamp> {
        let over = per_minute > 0 && self.window_tokens >= per_minute && now < self.window_end();
        over.then(|| self.window_end())
    }

    fn window_end(&self) -> Timestamp {
        self.window_at.plus_seconds(WINDOW_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_the_limit_waits_for_the_window_to_end() {
        let start = Timestamp::from_micros(1_000_000_000);
        let mut meter = Meter::new("agent_1");
        meter.count(
            Usage {
                input_tokens: 60,
                output_tokens: 50,
            },
            start,
        );
        assert_eq!(
            meter.cooldown(100, start.plus_seconds(10)),
            Some(start.plus_seconds(60))
        );
        assert_eq!(meter.cooldown(100, start.plus_seconds(60)), None);
        assert_eq!(meter.cooldown(0, start), None);
        meter.count(
            Usage {
                input_tokens: 1,
                output_tokens: 1,
            },
            start.plus_seconds(61),
        );
        assert_eq!(
            (meter.window_tokens, meter.total_tokens(), meter.calls),
            (2, 112, 2)
        );
    }
}
