//! When an agent checks, as it is on the wire.

use serde::{Deserialize, Serialize};
use switchboard_domain::{
    Error,
    error::FieldError,
    nouns::{CatchUp, Overlap, Schedule},
};
use utoipa::ToSchema;

/// What happens to a check that falls due while the one before it waits or runs.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OverlapRule {
    /// It is left out.
    Skip,
    /// It waits behind it.
    Queue,
}

/// What happens to checks that fell due while no server ran.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CatchUpRule {
    /// One is made up for.
    One,
    /// None is.
    None,
}

/// The members of a request that say when an agent checks.
#[derive(Default)]
pub struct Timing<'a> {
    pub schedule: Option<&'a str>,
    pub time_zone: Option<&'a str>,
    pub overlap: Option<OverlapRule>,
    pub catch_up: Option<CatchUpRule>,
}

impl Timing<'_> {
    /// The schedule that they make of another; none if they say nothing.
    pub fn apply(&self, to: Schedule) -> Result<Option<Schedule>, Error> {
        let mut schedule = to;
        let wrong = |name: &str, message: String, given: &str| {
            Error::from(FieldError::value(&[name], message, given.into()))
        };
        let mut said = false;
        if let Some(text) = self.schedule {
            let when = text.parse();
            schedule.when =
                when.map_err(|error: switchboard_domain::nouns::schedule::BadWhen| {
                    wrong("schedule", error.to_string(), text)
                })?;
            said = true;
        }
        if let Some(text) = self.time_zone {
            let zone = text.parse();
            schedule.time_zone =
                zone.map_err(|error: switchboard_domain::nouns::schedule::BadZone| {
                    wrong("time_zone", error.to_string(), text)
                })?;
            said = true;
        }
        if let Some(rule) = self.overlap {
            schedule.overlap = match rule {
                OverlapRule::Skip => Overlap::Skip,
                OverlapRule::Queue => Overlap::Queue,
            };
            said = true;
        }
        if let Some(rule) = self.catch_up {
            schedule.catch_up = match rule {
                CatchUpRule::One => CatchUp::One,
                CatchUpRule::None => CatchUp::None,
            };
            said = true;
        }
        Ok(said.then_some(schedule))
    }
}

impl From<Overlap> for OverlapRule {
    fn from(rule: Overlap) -> Self {
        match rule {
            Overlap::Skip => Self::Skip,
            Overlap::Queue => Self::Queue,
        }
    }
}

impl From<CatchUp> for CatchUpRule {
    fn from(rule: CatchUp) -> Self {
        match rule {
            CatchUp::One => Self::One,
            CatchUp::None => Self::None,
        }
    }
}
