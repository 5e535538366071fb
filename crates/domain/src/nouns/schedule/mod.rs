//! When an agent checks by itself.
//!
//! A [`Schedule`] is a [`When`] on the clock of a [`Zone`], and what happens to a check that falls due
//! while the one before it is not done ([`Overlap`]) or while no server ran ([`CatchUp`]). Everything
//! here is computed from the times that are passed in.
//!
//! # When clocks are changed
//!
//! A clock that goes forward skips times, and one that goes back shows some twice. For a schedule
//! this means:
//!
//! - A time that was skipped is run at the moment after the skip. If the schedule names that moment
//!   too, that is one run.
//! - Of a time that is there twice, a schedule that names its times (`2h`, `30 2 * * *`) runs the
//!   first. So what runs daily runs once on each day of the year.
//! - A schedule with a `*` among its minutes or hours (`every_30m`, `*/5 * * * *`) is one that goes on
//!   all the time, as with cron, and runs both.

mod decide;
mod search;
mod when;
mod zone;

#[cfg(test)]
mod tests;

pub use decide::Decision;
pub use when::{BadWhen, When};
pub use zone::{BadZone, Zone};

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// When an agent checks by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Schedule {
    /// At which times of the clock.
    pub when: When,
    /// On whose clock.
    #[serde(default)]
    pub time_zone: Zone,
    /// What happens when the check before it is not done.
    #[serde(default)]
    pub overlap: Overlap,
    /// What happens to checks that fell due while no server ran.
    #[serde(default)]
    pub catch_up: CatchUp,
}

/// What happens to a check that falls due while the one before it waits or runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It is left out.
    #[default]
    Skip,
    /// It waits behind it.
    Queue,
}

/// What happens to checks that fell due while no server ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// One is made up for, however many there were.
    #[default]
    One,
    /// None is.
    None,
}

impl Schedule {
    /// These times of the clock in UTC, with the usual rules.
    pub fn new(when: When) -> Self {
        Self {
            when,
            ..Self::default()
        }
    }

    /// The first run later than `after`; none if there is no further one.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        search::next_after(self.when.expression()?, &self.time_zone, after)
    }

    /// The next runs later than `after`, at most `count`.
    pub fn next_runs(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last))
            .take(count)
            .collect()
    }
}
