use super::{at, schedule};
use crate::nouns::schedule::{CatchUp, Overlap, Schedule, When, Zone};

#[test]
fn every_name_survives_its_text() {
    let names: Vec<&str> = When::names().collect();
    assert_eq!(names.len(), 12 + 24 + 1);
    assert_eq!(names[..3], ["every_1m", "every_2m", "every_5m"]);
    assert_eq!(names[11..14], ["every_7d", "midnight", "1h"]);
    assert_eq!(names[35..], ["23h", "never"]);
    for name in names {
        let when: When = name.parse().unwrap();
        assert_eq!(when.to_string(), name);
        assert!(when.is_named());
        assert_eq!(when.is_never(), name == "never");
    }
}

#[test]
fn a_cron_expression_survives_its_text() {
    let when: When = " */15  9-17 * *\tmon-fri ".parse().unwrap();
    assert_eq!(when.to_string(), "*/15 9-17 * * mon-fri");
    assert!(!when.is_named());
    assert_eq!(when, "*/15 9-17 * * mon-fri".parse().unwrap());
    assert_ne!(when, "*/15 9-17 * * 1-5".parse().unwrap());
}

#[test]
fn a_schedule_survives_json_and_its_rules_may_be_left_out() {
    let schedule = Schedule {
        overlap: Overlap::Queue,
        catch_up: CatchUp::None,
        ..schedule("0 12 * * 0", "europe/berlin")
    };
    let json = serde_json::to_value(&schedule).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "when": "0 12 * * 0",
            "time_zone": "Europe/Berlin",
            "overlap": "queue",
            "catch_up": "none",
        })
    );
    assert_eq!(serde_json::from_value::<Schedule>(json).unwrap(), schedule);
    let short: Schedule = serde_json::from_str(r#"{"when": "1h"}"#).unwrap();
    assert_eq!(short, Schedule::new("1h".parse().unwrap()));
    assert_eq!(short.time_zone, Zone::utc());
    assert_eq!(Schedule::default().when, When::NEVER);
}

#[test]
fn what_is_no_schedule_is_told_what_to_write() {
    let wrong = [
        ("", "`` is no schedule. Write `never`, `every_1m`"),
        ("every_3h", "`every_3h` is no schedule. Write"),
        ("0h", "or a cron expression of five fields"),
        ("24h", "`1h` to `23h`"),
        ("@daily", "is no schedule. Write"),
        ("* * * *", "is no schedule. Write"),
        ("0 * * * * *", "is no schedule. Write"),
        ("60 * * * *", "is no schedule: "),
        ("* * * * MOON", "is no schedule: "),
        ("1,,2 * * * *", "there is a comma too many"),
        (", * * * *", "there is a comma too many"),
        ("0 0 30 2 *", "no date is ever like that"),
        ("*/0 * * * *", "is no schedule: "),
    ];
    for (text, why) in wrong {
        let error = text.parse::<When>().unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    let long = format!("{} * * * *", vec!["1"; 200].join(","));
    let error = long.parse::<When>().unwrap_err().to_string();
    assert!(error.contains("too long") && error.len() < 400, "{error}");
}

#[test]
fn what_is_no_zone_is_told_what_to_write() {
    for text in ["", "Berlin", "+02:00", "Europe/Berlin/x", "../etc/passwd"] {
        let error = text.parse::<Zone>().unwrap_err().to_string();
        assert!(error.contains("such as `Europe/Berlin`"), "{text}: {error}");
    }
    for (text, name) in [("utc", "UTC"), ("america/new_york", "America/New_York")] {
        assert_eq!(text.parse::<Zone>().unwrap().to_string(), name);
    }
}

#[test]
fn never_never_runs_and_rare_dates_do() {
    assert_eq!(
        schedule("never", "UTC").next_after(at("2026-01-01T00:00:00Z")),
        None
    );
    assert_eq!(
        schedule("0 0 29 2 *", "UTC").next_runs(at("2026-01-01T00:00:00Z"), 2),
        [at("2028-02-29T00:00:00Z"), at("2032-02-29T00:00:00Z")]
    );
}
