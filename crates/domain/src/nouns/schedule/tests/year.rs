//! Every named schedule over a whole year, compared with a clock that is read minute by minute.

use super::{at, schedule};
use crate::{
    Timestamp,
    nouns::schedule::{When, Zone},
};
use jiff::{
    civil::{DateTime, Weekday},
    tz::AmbiguousOffset,
};

const MINUTE: i64 = 60 * 1_000_000;

/// A minute of the year as a clock shows it.
struct Minute {
    time: Timestamp,
    shown: DateTime,
    /// Whether the clock showed the same before.
    is_second: bool,
    /// What the clock skipped right before.
    skipped: Vec<DateTime>,
}

fn minutes(zone: &Zone) -> Vec<Minute> {
    let end = at("2027-01-01T12:00:00Z");
    let mut time = at("2025-12-31T12:00:00Z");
    let mut minutes: Vec<Minute> = Vec::new();
    while time < end {
        let now = jiff::Timestamp::from_microsecond(time.as_micros()).unwrap();
        let shown = zone.0.to_datetime(now);
        let fold = zone.0.to_ambiguous_timestamp(shown).offset();
        let offset = zone.0.to_offset(now);
        let is_second = matches!(fold, AmbiguousOffset::Fold { after, .. } if after == offset);
        let mut skipped = Vec::new();
        if let Some(before) = minutes.last() {
            let mut gone = before.shown + jiff::Span::new().minutes(1);
            while gone < shown {
                skipped.push(gone);
                gone += jiff::Span::new().minutes(1);
            }
        }
        minutes.push(Minute {
            time,
            shown,
            is_second,
            skipped,
        });
        time = time.plus_micros(MINUTE);
    }
    minutes
}

/// What a name means on the clock, said once more and in another way.
fn meaning(name: &str) -> Box<dyn Fn(DateTime) -> bool> {
    let is_hour = |shown: DateTime| shown.minute() == 0;
    let is_midnight = move |shown: DateTime| is_hour(shown) && shown.hour() == 0;
    if let Some(often) = name.strip_prefix("every_") {
        let (number, unit) = often.split_at(often.len() - 1);
        let number: i8 = number.parse().unwrap();
        return match unit {
            "m" => Box::new(move |shown| shown.minute() % number == 0),
            "h" => Box::new(move |shown| is_hour(shown) && shown.hour() % number == 0),
            _ if number == 7 => {
                Box::new(move |shown| is_midnight(shown) && shown.weekday() == Weekday::Monday)
            }
            _ => Box::new(move |shown| is_midnight(shown) && (shown.day() - 1) % number == 0),
        };
    }
    match name {
        "never" => Box::new(|_| false),
        "midnight" => Box::new(is_midnight),
        _ => {
            let hour: i8 = name.trim_end_matches('h').parse().unwrap();
            Box::new(move |shown| is_hour(shown) && shown.hour() == hour)
        }
    }
}

fn is_daily(name: &str) -> bool {
    !(name.ends_with('m') || name.starts_with("every_") && name.ends_with('h'))
}

fn compare_year(zone: &str) {
    let zone_name = zone;
    let zone: Zone = zone.parse().unwrap();
    let minutes = minutes(&zone);
    for name in When::names() {
        let has_run = meaning(name);
        let is_daily = is_daily(name);
        let expected: Vec<Timestamp> = minutes
            .iter()
            .skip(1)
            .filter(|minute| {
                let here = has_run(minute.shown) && !(minute.is_second && is_daily);
                here || minute.skipped.iter().any(|gone| has_run(*gone))
            })
            .map(|minute| minute.time)
            .collect();
        let schedule = schedule(name, zone_name);
        let runs = schedule.next_runs(minutes[0].time, expected.len());
        let wrong = runs.iter().zip(&expected).find(|(run, other)| run != other);
        assert_eq!(wrong, None, "{name} in {zone}");
        assert_eq!(runs.len(), expected.len(), "{name} in {zone}");
        let days = runs
            .iter()
            .filter(|_| name == "2h" || name == "midnight")
            .count();
        assert!(
            days == 0 || days == 366,
            "{name} in {zone} runs on {days} days"
        );
    }
}

#[test]
fn in_utc() {
    compare_year("UTC");
}

#[test]
fn in_berlin() {
    compare_year("Europe/Berlin");
}

#[test]
fn in_new_york() {
    compare_year("America/New_York");
}

/// Its clock is changed by half an hour.
#[test]
fn on_lord_howe() {
    compare_year("Australia/Lord_Howe");
}
