//! Which crate may import what. A crate sees only the floors below it, and only its own part of the outside.

use std::collections::BTreeSet;

use super::source::{crates, manifest, none, read_toml, sources};

/// Which of our crates each may depend on, outside its tests.
const OURS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("core", &["domain"]),
    ("store", &["domain"]),
    ("artifacts", &["domain"]),
    ("bus", &["domain"]),
    ("outbound", &["domain"]),
    ("client", &["domain"]),
    ("doors", &["core", "domain"]),
    ("testkit", &["domain"]),
    // It looks at the server from outside.
    ("bench", &[]),
    (
        "switchboard",
        &[
            "domain",
            "core",
            "store",
            "artifacts",
            "bus",
            "outbound",
            "doors",
            "client",
        ],
    ),
];

/// Which crates of others each may not depend on, outside its tests.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "domain",
        &["tokio", "axum", "sqlx", "rusqlite", "reqwest", "genai"],
    ),
    ("core", &["axum", "sqlx", "rusqlite", "reqwest", "genai"]),
    ("store", &["axum", "reqwest", "genai"]),
    (
        "artifacts",
        &["axum", "sqlx", "rusqlite", "reqwest", "genai"],
    ),
    ("bus", &["axum", "sqlx", "rusqlite", "reqwest", "genai"]),
    ("outbound", &["axum", "sqlx", "rusqlite"]),
    ("client", &["axum", "sqlx", "rusqlite", "genai"]),
    ("doors", &["sqlx", "rusqlite", "genai", "reqwest"]),
    ("testkit", &["sqlx", "rusqlite", "genai"]),
    (
        "switchboard",
        &["sqlx", "rusqlite", "genai", "reqwest", "tokio-tungstenite"],
    ),
    // It compares the server with a bare HTTP client, too.
    ("bench", &["genai"]),
];

/// Words of the outside, and the only places where they may be said.
const WORDS: &[(&str, &[&str])] = &[
    // The benchmark compares the server with a bare database and a bare echo.
    ("sqlx::", &["crates/store/", "bench/"]),
    ("genai::", &["crates/outbound/"]),
    (
        "axum::",
        &[
            "crates/doors/",
            "crates/testkit/",
            "crates/switchboard/",
            "bench/",
            "fuzz/",
        ],
    ),
];

/// How SQL begins.
const SQL: &[&str] = &[
    "SELECT ",
    "INSERT INTO ",
    "DELETE FROM ",
    "UPDATE ",
    "CREATE TABLE ",
];

fn dependencies(name: &str, table: &str) -> BTreeSet<String> {
    read_toml(&manifest(name))
        .get(table)
        .and_then(|table| table.as_table())
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn rule<'a>(rules: &'a [(&str, &[&str])], name: &str) -> &'a [&'a str] {
    let found = rules.iter().find(|(crate_name, _)| *crate_name == name);
    found
        .unwrap_or_else(|| panic!("say in this file what crates/{name} may import"))
        .1
}

#[test]
fn a_crate_depends_on_lower_floors_only() {
    let mut complaints = Vec::new();
    for name in crates() {
        let allowed = rule(OURS, &name);
        for dependency in dependencies(&name, "dependencies") {
            let ours = dependency.strip_prefix("switchboard-");
            if ours.is_some_and(|ours| !allowed.contains(&ours)) {
                complaints.push(format!("crates/{name} imports {dependency}"));
            }
        }
    }
    none(
        "a floor imports only what lies below it; testkit is for tests",
        &complaints,
    );
}

#[test]
fn a_crate_depends_on_its_own_part_of_the_outside_only() {
    let mut complaints = Vec::new();
    for name in crates() {
        let forbidden = rule(OTHERS, &name);
        for dependency in dependencies(&name, "dependencies") {
            if forbidden.contains(&dependency.as_str()) {
                complaints.push(format!("crates/{name} imports {dependency}"));
            }
        }
    }
    none("this is another crate's work", &complaints);
}

#[test]
fn each_word_of_the_outside_is_said_in_its_place_only() {
    let mut complaints = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (number, line) in source.code() {
            for (word, places) in WORDS {
                let starts =
                    |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                if line.find(word).is_some_and(starts) && !source.is_in(places) {
                    complaints.push(format!("{}:{number} says {word}", source.path));
                }
            }
        }
    }
    none("this is another crate's work", &complaints);
}

#[test]
fn doors_and_core_hold_no_sql() {
    let mut complaints = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| source.is_in(&["crates/doors/", "crates/core/"]))
    {
        for (number, line) in source.code() {
            if SQL.iter().any(|word| line.contains(&format!("\"{word}"))) {
                complaints.push(format!("{}:{number}", source.path));
            }
        }
    }
    none("SQL belongs to the store", &complaints);
}

#[test]
fn a_door_imports_no_other_door() {
    let all = sources();
    let door_of = |path: &str| -> Option<String> {
        let rest = path.strip_prefix("crates/doors/src/")?;
        Some(rest.split_once('/')?.0.to_string())
    };
    let doors: BTreeSet<String> = all
        .iter()
        .filter_map(|source| door_of(&source.path))
        .collect();
    let mut complaints = Vec::new();
    for source in &all {
        let Some(own) = door_of(&source.path) else {
            continue;
        };
        for (number, line) in source.code() {
            for other in doors.iter().filter(|door| **door != own && *door != "kit") {
                if line.contains(&format!("crate::{other}::")) {
                    complaints.push(format!("{}:{number} imports {other}", source.path));
                }
            }
        }
    }
    none("what doors share is in kit", &complaints);
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let mut complaints = Vec::new();
    for name in crates() {
        let manifest = manifest(&name);
        let inherits = read_toml(&manifest)
            .get("lints")
            .and_then(|lints| lints.get("workspace")?.as_bool());
        if inherits != Some(true) {
            complaints.push(manifest);
        }
    }
    none("write `[lints] workspace = true`", &complaints);
}
