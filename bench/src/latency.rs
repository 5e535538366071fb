//! How long things took.

use std::{fmt, time::Duration};

/// Times of which the middle and the worst are wanted.
#[derive(Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    /// Takes these in.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Duration>) {
        self.0.extend(more);
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The middle, the 99th of a hundred, and the worst.
    pub fn summary(mut self) -> Summary {
        self.0.sort_unstable();
        let at = |part: usize| {
            let index = self.0.len() * part / 100;
            self.0.get(index.min(self.0.len().saturating_sub(1)))
        };
        Summary {
            p50: at(50).copied().unwrap_or_default(),
            p99: at(99).copied().unwrap_or_default(),
            max: at(100).copied().unwrap_or_default(),
        }
    }
}

/// Times in short.
#[derive(Debug, Clone, Copy, Default)]
pub struct Summary {
    /// Half were faster.
    pub p50: Duration,
    /// One of a hundred was slower.
    pub p99: Duration,
    /// None was slower.
    pub max: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "p50 {:8.3} ms, p99 {:8.3} ms, max {:8.3} ms",
            milliseconds(self.p50),
            milliseconds(self.p99),
            milliseconds(self.max)
        )
    }
}

/// A time as people read it.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The middle one of some figures.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
