//! Finding the next run: cron's fields on the clock on the wall, and then the moment at which the
//! clock of the zone shows it.

use super::{Zone, when::Expression};
use crate::Timestamp;
use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

/// The first run later than `after`.
pub(super) fn next_after(
    expression: &Expression,
    zone: &Zone,
    after: Timestamp,
) -> Option<Timestamp> {
    let after = jiff::Timestamp::from_microsecond(after.as_micros()).ok()?;
    let next = next_moment(expression, &zone.0, after)?;
    Some(Timestamp::from_micros(next.as_microsecond()))
}

/// Whether any date is like that. Some are rare: the 29th of February is looked for until there is
/// one, and the search ends in the year 5000.
pub(super) fn ever_runs(expression: &Expression) -> bool {
    next_shown(expression, DateTime::constant(2000, 1, 1, 0, 0, 0, 0), true).is_some()
}

/// The next time on the clock on the wall that has the fields.
fn next_shown(expression: &Expression, from: DateTime, inclusive: bool) -> Option<DateTime> {
    expression.cron.find_next_occurrence(&from, inclusive).ok()
}

fn next_moment(
    expression: &Expression,
    zone: &TimeZone,
    after: jiff::Timestamp,
) -> Option<jiff::Timestamp> {
    let shown = zone.to_datetime(after);
    let next = next_shown(expression, shown, false);
    let AmbiguousOffset::Fold {
        before: first,
        after: second,
    } = zone.to_ambiguous_timestamp(shown).offset()
    else {
        return moment(zone, next?, Half::First);
    };
    // The clock shows this time twice. It goes back at `turn`.
    let turn = change(zone, first.to_timestamp(shown).ok()?, second)?;
    if expression.is_fixed {
        if after < turn {
            return moment(zone, next?, Half::First);
        }
        let end = first.to_datetime(turn);
        return moment(zone, next_shown(expression, end, true)?, Half::First);
    }
    if after >= turn {
        return moment(zone, next?, Half::Second);
    }
    // What is left of the first half, or else the first of the second.
    let here = next.and_then(|next| moment(zone, next, Half::First));
    let there = next_shown(expression, second.to_datetime(turn), true)
        .and_then(|next| moment(zone, next, Half::Second));
    here.into_iter().chain(there).min()
}

/// Which of the two, when a time is there twice.
#[derive(Clone, Copy)]
enum Half {
    First,
    Second,
}

/// The moment at which the clock shows this time, or would have if it had not skipped it.
fn moment(zone: &TimeZone, shown: DateTime, half: Half) -> Option<jiff::Timestamp> {
    match (zone.to_ambiguous_timestamp(shown).offset(), half) {
        (AmbiguousOffset::Unambiguous { offset }, _)
        | (AmbiguousOffset::Fold { before: offset, .. }, Half::First)
        | (AmbiguousOffset::Fold { after: offset, .. }, Half::Second) => {
            offset.to_timestamp(shown).ok()
        }
        (AmbiguousOffset::Gap { after, .. }, _) => {
            change(zone, after.to_timestamp(shown).ok()?, after)
        }
    }
}

/// The first change to this offset later than `from`.
fn change(zone: &TimeZone, from: jiff::Timestamp, to: Offset) -> Option<jiff::Timestamp> {
    let change = zone.following(from).find(|change| change.offset() == to)?;
    Some(change.timestamp())
}
