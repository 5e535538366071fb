//! Cron expressions of any kind in many zones.

use super::schedule;
use crate::Timestamp;
use jiff::{civil::DateTime, tz::AmbiguousOffset};
use proptest::prelude::*;
use std::collections::BTreeSet;

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Havana",
    "Africa/Casablanca",
    "Pacific/Apia",
];

/// A field: its text, and the values that it stands for. Single values and ranges end at `safe`.
fn field(min: u8, safe: u8, max: u8) -> impl Strategy<Value = (String, BTreeSet<u8>)> {
    let all = move || (min..=max).collect::<BTreeSet<u8>>();
    let steps = (1..=max).prop_map(move |step| {
        let values = (min..=max).step_by(usize::from(step)).collect();
        (format!("*/{step}"), values)
    });
    let ranges = (min..=safe, min..=safe).prop_map(|(one, two)| {
        let (from, to) = (one.min(two), one.max(two));
        (format!("{from}-{to}"), (from..=to).collect())
    });
    let lists = prop::collection::btree_set(min..=safe, 1..4).prop_map(|values| {
        let text: Vec<String> = values.iter().map(u8::to_string).collect();
        (text.join(","), values)
    });
    prop_oneof![
        3 => Just(("*".to_owned(), all())),
        1 => steps,
        1 => ranges,
        3 => lists,
    ]
}

#[derive(Debug, Clone)]
struct Fields {
    minutes: (String, BTreeSet<u8>),
    hours: (String, BTreeSet<u8>),
    days: (String, BTreeSet<u8>),
    months: (String, BTreeSet<u8>),
    weekdays: (String, BTreeSet<u8>),
}

fn fields() -> impl Strategy<Value = Fields> {
    // No single day above 28, so that there is always a next run.
    (
        field(0, 59, 59),
        field(0, 23, 23),
        field(1, 28, 31),
        field(1, 12, 12),
        field(0, 6, 6),
    )
        .prop_map(|(minutes, hours, days, months, weekdays)| Fields {
            minutes,
            hours,
            days,
            months,
            weekdays,
        })
}

impl Fields {
    fn text(&self) -> String {
        [
            &self.minutes,
            &self.hours,
            &self.days,
            &self.months,
            &self.weekdays,
        ]
        .map(|(text, _)| text.as_str())
        .join(" ")
    }

    /// Whether the clock shows a run. Of two restricted fields for days, one is enough, as in cron.
    fn fit(&self, shown: DateTime) -> bool {
        let has = |(_, values): &(String, BTreeSet<u8>), value: i8| {
            values.contains(&value.unsigned_abs())
        };
        let day = has(&self.days, shown.day());
        let weekday = has(&self.weekdays, shown.weekday().to_sunday_zero_offset());
        let either = self.days.0 != "*" && self.weekdays.0 != "*";
        has(&self.minutes, shown.minute())
            && has(&self.hours, shown.hour())
            && has(&self.months, shown.month())
            && if either {
                day || weekday
            } else {
                day && weekday
            }
    }
}

proptest! {
    #[test]
    fn runs_grow_and_have_the_fields(
        fields in fields(),
        zone in prop::sample::select(ZONES.to_vec()),
        start in 1_300_000_000_000_000_i64..2_200_000_000_000_000,
    ) {
        let schedule = schedule(&fields.text(), zone);
        let zone = &schedule.time_zone.0;
        let mut last = Timestamp::from_micros(start);
        for _ in 0..20 {
            let run = schedule.next_after(last).unwrap();
            prop_assert!(run > last, "{run} is not later than {last}");
            let time = jiff::Timestamp::from_microsecond(run.as_micros()).unwrap();
            let shown = zone.to_datetime(time);
            prop_assert_eq!(shown.second(), 0);
            prop_assert_eq!(shown.subsec_nanosecond(), 0);
            // Right behind a skip it is a time that was skipped.
            let before = shown - jiff::Span::new().seconds(1);
            let skipped = matches!(zone.to_ambiguous_timestamp(before).offset(), AmbiguousOffset::Gap { .. });
            prop_assert!(skipped || fields.fit(shown), "{run} shows {shown}");
            last = run;
        }
    }

    #[test]
    fn no_run_is_left_out_or_made_up(
        fields in fields(),
        zone in prop::sample::select(ZONES.to_vec()),
        start in 1_300_000_000_000_000_i64..2_200_000_000_000_000,
        part in 0.0..1.0_f64,
    ) {
        let schedule = schedule(&fields.text(), zone);
        let start = Timestamp::from_micros(start);
        let run = schedule.next_after(start).unwrap();
        // From anywhere before it, the next run is the same.
        let way = run.as_micros() - start.as_micros();
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
        let between = start.plus_micros((way as f64 * part) as i64);
        prop_assert_eq!(schedule.next_after(between), Some(run));
        prop_assert_eq!(schedule.next_after(run.plus_micros(-1)), Some(run));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9*/,\\-LW#?a-zA-Z@ ]{0,40}", after in any::<i64>()) {
        if let Ok(when) = text.parse::<super::super::When>() {
            let schedule = super::Schedule::new(when);
            let next = schedule.next_after(Timestamp::from_micros(after));
            prop_assert!(next.is_none_or(|next| next.as_micros() > after));
        }
    }
}
