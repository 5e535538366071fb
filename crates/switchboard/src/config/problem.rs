//! What is wrong with the settings, in plain words.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a line of the file, a variable or a flag.
    pub place: String,
    /// What is wrong there, and what would be right.
    pub what: String,
}

impl Problem {
    pub(super) fn new(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self {
            place: place.to_string(),
            what: what.into(),
        }
    }

    /// A name that nothing goes by, with the nearest that something does.
    pub(super) fn unknown(
        place: impl fmt::Display,
        noun: &str,
        name: &str,
        known: impl Iterator<Item = String>,
    ) -> Self {
        let what = match nearest(name, known) {
            Some(known) => format!("unknown {noun} `{name}`; did you mean `{known}`?"),
            None => format!("unknown {noun} `{name}`"),
        };
        Self::new(place, what)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// All that is wrong, a line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the settings are not right:\n  {}", lines(.0))]
pub struct Problems(pub Vec<Problem>);

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n  ")
}

/// The known name that is nearest, if one is near: about one letter in three may be wrong.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    known
        .map(|known| (strsim::osa_distance(name, &known), known))
        .filter(|(distance, known)| *distance <= known.len().max(6) / 3)
        .min()
        .map(|(_, known)| known)
}
