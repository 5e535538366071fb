use super::{at, schedule};
use crate::{
    Timestamp,
    nouns::schedule::{CatchUp, Decision, Overlap, Schedule},
};
use proptest::prelude::*;

fn hourly() -> Schedule {
    schedule("every_1h", "UTC")
}

fn decision(run: Option<&str>, next: &str) -> Decision {
    Decision {
        run: run.map(at),
        next: Some(at(next)),
    }
}

#[test]
fn what_is_due_is_run_for_the_time_it_was_planned_for() {
    let planned = at("2026-05-01T10:00:00Z");
    assert_eq!(
        hourly().decide(planned, at("2026-05-01T09:59:59Z"), false),
        decision(None, "2026-05-01T10:00:00Z")
    );
    for now in ["2026-05-01T10:00:00Z", "2026-05-01T10:00:00.004Z"] {
        assert_eq!(
            hourly().decide(planned, at(now), false),
            decision(Some("2026-05-01T10:00:00Z"), "2026-05-01T11:00:00Z")
        );
    }
}

#[test]
fn after_a_pause_one_run_is_made_up_for() {
    let planned = at("2026-05-01T10:00:00Z");
    let now = at("2026-05-03T17:20:00Z");
    assert_eq!(
        hourly().decide(planned, now, false),
        decision(Some("2026-05-03T17:00:00Z"), "2026-05-03T18:00:00Z")
    );
    let none = Schedule {
        catch_up: CatchUp::None,
        ..hourly()
    };
    assert_eq!(
        none.decide(planned, now, false),
        decision(None, "2026-05-03T18:00:00Z")
    );
    // What is due this very minute is on time, whatever was missed before it.
    assert_eq!(
        none.decide(planned, at("2026-05-03T17:00:20Z"), false),
        decision(Some("2026-05-03T17:00:00Z"), "2026-05-03T18:00:00Z")
    );
}

#[test]
fn a_run_is_left_out_while_the_one_before_it_goes_on() {
    let planned = at("2026-05-01T10:00:00Z");
    assert_eq!(
        hourly().decide(planned, planned, true),
        decision(None, "2026-05-01T11:00:00Z")
    );
    let queue = Schedule {
        overlap: Overlap::Queue,
        ..hourly()
    };
    assert_eq!(
        queue.decide(planned, planned, true),
        decision(Some("2026-05-01T10:00:00Z"), "2026-05-01T11:00:00Z")
    );
}

#[test]
fn a_plan_that_the_schedule_no_longer_has_is_still_kept() {
    let planned = at("2026-05-01T10:30:00Z");
    assert_eq!(
        hourly().decide(planned, at("2026-05-01T10:40:00Z"), false),
        decision(Some("2026-05-01T10:30:00Z"), "2026-05-01T11:00:00Z")
    );
    let never = schedule("never", "UTC");
    assert_eq!(
        never.decide(planned, planned, false),
        Decision {
            run: Some(planned),
            next: None
        }
    );
}

proptest! {
    #[test]
    fn the_newest_that_is_due_is_found_after_any_pause(
        when in prop::sample::select(vec!["every_1m", "every_5h", "2h", "every_2d", "every_7d", "0 0 29 2 *", "15,45 2 * * 1"]),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
        start in 1_600_000_000_i64..1_900_000_000,
        pause in 0_i64..500_000,
    ) {
        let schedule = schedule(when, zone);
        let planned = schedule.next_after(Timestamp::from_micros(start * 1_000_000)).unwrap();
        let now = planned.plus_micros(pause * 1_000_003);
        let decision = schedule.decide(planned, now, false);
        let run = decision.run.unwrap();
        prop_assert!(planned <= run && run <= now);
        prop_assert_eq!(decision.next, schedule.next_after(now));
        // Nothing lies between the run and the next one.
        prop_assert_eq!(schedule.next_after(run), decision.next);
    }
}
