//! What happens when clocks are changed, spelled out.

use super::{at, schedule, shown};

/// The runs of a schedule from a moment on, as a clock in its zone shows them.
fn runs(when: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let schedule = schedule(when, zone);
    let runs = schedule.next_runs(at(from), count);
    runs.into_iter()
        .map(|run| shown(&schedule.time_zone, run)[4..].to_owned())
        .collect()
}

#[test]
fn a_daily_time_that_is_skipped_runs_at_the_moment_after_the_skip() {
    assert_eq!(
        runs("2h", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
        [
            "2026-03-28 02:00:00 +01:00",
            "2026-03-29 03:00:00 +02:00",
            "2026-03-30 02:00:00 +02:00",
        ]
    );
    assert_eq!(
        runs("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2),
        ["2026-03-08 03:00:00 -04:00", "2026-03-09 02:30:00 -04:00"]
    );
    // Half an hour is skipped here.
    assert_eq!(
        runs(
            "10 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T00:00:00Z",
            2
        ),
        ["2026-10-04 02:30:00 +11:00", "2026-10-05 02:10:00 +11:00"]
    );
    // Several in the skip are one run, also with one that is there.
    assert_eq!(
        runs(
            "15,45 2,3 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            4
        ),
        [
            "2026-03-29 03:00:00 +02:00",
            "2026-03-29 03:15:00 +02:00",
            "2026-03-29 03:45:00 +02:00",
            "2026-03-30 02:15:00 +02:00",
        ]
    );
    assert_eq!(
        runs("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2),
        ["2026-03-29 03:00:00 +02:00", "2026-03-30 02:00:00 +02:00"]
    );
}

#[test]
fn a_daily_time_that_is_there_twice_runs_at_the_first() {
    assert_eq!(
        runs("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25 02:30:00 +02:00", "2026-10-26 02:30:00 +01:00"]
    );
    assert_eq!(
        runs("1h", "America/New_York", "2026-10-31T12:00:00Z", 2),
        ["2026-11-01 01:00:00 -04:00", "2026-11-02 01:00:00 -05:00"]
    );
    assert_eq!(
        runs(
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T00:00:00Z",
            2
        ),
        ["2026-04-05 01:45:00 +11:00", "2026-04-06 01:45:00 +10:30"]
    );
    // Whoever looks in the second half finds the next day.
    assert_eq!(
        runs("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1),
        ["2026-10-26 02:30:00 +01:00"]
    );
    // Here midnight is what is there twice.
    assert_eq!(
        runs("midnight", "America/Havana", "2026-10-31T12:00:00Z", 2),
        ["2026-11-01 00:00:00 -04:00", "2026-11-02 00:00:00 -05:00"]
    );
}

#[test]
fn what_goes_on_all_the_time_goes_on() {
    assert_eq!(
        runs("every_30m", "Europe/Berlin", "2026-03-29T00:20:00Z", 3),
        [
            "2026-03-29 01:30:00 +01:00",
            "2026-03-29 03:00:00 +02:00",
            "2026-03-29 03:30:00 +02:00",
        ]
    );
    assert_eq!(
        runs("every_30m", "Europe/Berlin", "2026-10-24T23:40:00Z", 6),
        [
            "2026-10-25 02:00:00 +02:00",
            "2026-10-25 02:30:00 +02:00",
            "2026-10-25 02:00:00 +01:00",
            "2026-10-25 02:30:00 +01:00",
            "2026-10-25 03:00:00 +01:00",
            "2026-10-25 03:30:00 +01:00",
        ]
    );
    assert_eq!(
        runs("every_2h", "Europe/Berlin", "2026-03-28T22:30:00Z", 3),
        [
            "2026-03-29 00:00:00 +01:00",
            "2026-03-29 03:00:00 +02:00",
            "2026-03-29 04:00:00 +02:00",
        ]
    );
    assert_eq!(
        runs(
            "every_10m",
            "Australia/Lord_Howe",
            "2026-04-04T14:45:00Z",
            5
        ),
        [
            "2026-04-05 01:50:00 +11:00",
            "2026-04-05 01:30:00 +10:30",
            "2026-04-05 01:40:00 +10:30",
            "2026-04-05 01:50:00 +10:30",
            "2026-04-05 02:00:00 +10:30",
        ]
    );
    assert_eq!(
        runs("every_1h", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", 3),
        [
            "2026-10-04 01:00:00 +10:30",
            "2026-10-04 02:30:00 +11:00",
            "2026-10-04 03:00:00 +11:00",
        ]
    );
}

#[test]
fn a_day_that_a_country_left_out_is_made_up_for_at_its_end() {
    assert_eq!(
        runs("12h", "Pacific/Apia", "2011-12-29T12:00:00Z", 3),
        [
            "2011-12-29 12:00:00 -10:00",
            "2011-12-31 00:00:00 +14:00",
            "2011-12-31 12:00:00 +14:00",
        ]
    );
}
