//! Time zones by their names in the IANA database.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::LazyLock};

/// What the program brings along, for machines whose own database is absent or leaves names out.
static BUNDLED: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone, by its name in the IANA database. The rules come from the machine, which may know
/// newer ones, or else from the program.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(pub(super) TimeZone);

/// A text that names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no time zone. Write a name of the IANA database, such as `Europe/Berlin` or `UTC`"
)]
pub struct BadZone(String);

impl Zone {
    /// UTC, which is what a schedule has when no zone is named.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl FromStr for Zone {
    type Err = BadZone;

    /// Upper and lower case are alike, as in the database.
    fn from_str(text: &str) -> Result<Self, BadZone> {
        let name = text.trim();
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(Self::utc());
        }
        TimeZone::get(name)
            .or_else(|_| BUNDLED.get(name))
            .ok()
            .filter(|zone| zone.iana_name().is_some())
            .map(Self)
            .ok_or_else(|| BadZone(crate::text::clip(text.to_owned(), 60)))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::utc()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({self})")
    }
}

impl TryFrom<String> for Zone {
    type Error = BadZone;

    fn try_from(text: String) -> Result<Self, BadZone> {
        text.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_brings_the_zones_along() {
        for name in ["Europe/Berlin", "US/Eastern", "Australia/Lord_Howe"] {
            let zone = Zone(BUNDLED.get(name).unwrap());
            assert_eq!(zone.as_str(), name);
        }
    }
}
