mod decide;
mod dst;
mod fields;
mod text;
mod year;

use super::{Schedule, Zone};
use crate::Timestamp;

/// The time in this text: RFC 3339 with an offset.
fn at(text: &str) -> Timestamp {
    let time: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_micros(time.as_microsecond())
}

fn schedule(when: &str, zone: &str) -> Schedule {
    Schedule {
        time_zone: zone.parse().unwrap(),
        ..Schedule::new(when.parse().unwrap())
    }
}

/// What a clock in this zone shows, with its offset.
fn shown(zone: &Zone, time: Timestamp) -> String {
    let time = jiff::Timestamp::from_microsecond(time.as_micros()).unwrap();
    let zoned = time.to_zoned(zone.0.clone());
    zoned.strftime("%a %Y-%m-%d %H:%M:%S %:z").to_string()
}
