//! What no finished code says.

use super::source::{none, sources};

/// Put together here, so that this file does not say them either.
fn unfinished() -> [String; 6] {
    [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["todo", "!("],
        ["unimplemented", "!("],
        ["#[ign", "ore"],
    ]
    .map(|parts| parts.concat())
}

#[test]
fn nothing_is_left_for_later() {
    let words = unfinished();
    let mut complaints = Vec::new();
    for source in sources() {
        for (number, line) in (1..).zip(source.text.lines()) {
            if words.iter().any(|word| line.contains(word.as_str())) {
                complaints.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    none("finish it, or leave it out", &complaints);
}
