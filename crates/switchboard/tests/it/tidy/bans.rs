//! What clippy forbids to call, and the few places that may.

use super::source::{none, read_toml, sources};

/// What must be in `clippy.toml`.
const BANNED: &[&str] = &[
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
    "rand::rng",
    "rand::random",
    "reqwest::Client::new",
    "reqwest::Client::builder",
    "reqwest::get",
    "tokio::spawn",
    "tokio::task::spawn",
    "std::thread::spawn",
];

/// Where a banned call may stand: the real clock and randomness, the HTTP clients of the server
/// and of `chat`, the one that the benchmark compares with, and the tools of the tests. This list may only become shorter.
const MAY_CALL: &[&str] = &[
    "crates/switchboard/src/system.rs",
    "crates/outbound/src/http.rs",
    "crates/client/src/http.rs",
    "bench/src/measure/hops/bare.rs",
    "crates/testkit/",
];

#[test]
fn bans_are_there_and_say_why() {
    let clippy = read_toml("clippy.toml");
    let entries = clippy["disallowed-methods"].as_array().unwrap();
    let text = |entry: &toml::Value, key: &str| {
        entry
            .get(key)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_string()
    };
    for banned in BANNED {
        assert!(
            entries.iter().any(|entry| text(entry, "path") == *banned),
            "ban {banned}"
        );
    }
    for entry in entries {
        assert!(text(entry, "reason").len() > 20, "say why: {entry}");
    }
}

#[test]
fn bans_are_lifted_in_few_places() {
    let lifts = ["allow(", "expect("].map(|word| format!("{word}clippy::disallowed_methods"));
    let mut complaints = Vec::new();
    for source in sources() {
        let flat: String = source.text.split_whitespace().collect();
        let lifted = lifts.iter().any(|lift| flat.contains(lift.as_str()));
        if lifted && !source.is_test() && !source.is_in(MAY_CALL) {
            complaints.push(source.path);
        }
    }
    none(
        "pass the clock, the randomness or the client in",
        &complaints,
    );
}
