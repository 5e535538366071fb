//! How long files and functions may be.

use super::source::{Source, none, sources};

const FILE: usize = 500;
const MEDIAN: usize = 160;
const FUNCTION: usize = 80;

/// Functions that are longer, as `path function`. This list may only become shorter.
const LONG_FUNCTIONS: &[&str] = &[];

#[test]
fn files_are_short() {
    let mut sizes: Vec<(usize, String)> = sources()
        .iter()
        .map(|source| (source.text.lines().count(), source.path.clone()))
        .collect();
    sizes.sort();
    let median = sizes[sizes.len() / 2].0;
    assert!(
        median < MEDIAN,
        "half of the files have {median} lines or more"
    );
    let long: Vec<String> = sizes
        .into_iter()
        .filter(|(size, _)| *size > FILE)
        .map(|(size, path)| format!("{path}: {size} lines"))
        .collect();
    none("divide these files by subject", &long);
}

#[test]
fn functions_are_short() {
    let mut complaints = Vec::new();
    let mut needed = Vec::new();
    for source in sources() {
        for (name, size) in functions(&source)
            .into_iter()
            .filter(|(_, size)| *size > FUNCTION)
        {
            let entry = format!("{} {name}", source.path);
            if LONG_FUNCTIONS.contains(&entry.as_str()) {
                needed.push(entry);
            } else {
                complaints.push(format!("{entry}: {size} lines"));
            }
        }
    }
    none("divide these functions", &complaints);
    assert_eq!(
        needed.len(),
        LONG_FUNCTIONS.len(),
        "take what is short by now off the list"
    );
}

/// The functions of a file with their lengths. Code is formatted, so a function ends at the first brace that stands
/// as far to the left as its beginning.
fn functions(source: &Source) -> Vec<(String, usize)> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = lines[start..].iter().position(|line| {
            line.strip_prefix(indent)
                .is_some_and(|rest| rest.starts_with('}') || is_one_line(rest))
        });
        found.push((name.to_string(), end.unwrap_or(0) + 1));
    }
    found
}

/// A declaration without a body, or with an empty one.
fn is_one_line(line: &str) -> bool {
    !line.starts_with(char::is_whitespace) && (line.ends_with(';') || line.ends_with("{}"))
}

fn function_name(line: &str) -> Option<&str> {
    let mut words = line.trim_start();
    for word in ["pub ", "pub(crate) ", "pub(super) ", "const ", "async "] {
        words = words.strip_prefix(word).unwrap_or(words);
    }
    let rest = words.strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[test]
fn the_measure_is_right() {
    let text = "impl A {\n    pub async fn two(&self) {\n    }\n    fn one(\n        &self,\n    );\n    fn short(&self) {}\n}\n\nfn four() {\n    {\n    }\n}\n";
    let source = Source {
        path: String::new(),
        text: text.into(),
    };
    let found = functions(&source);
    let sizes: Vec<(&str, usize)> = found
        .iter()
        .map(|(name, size)| (name.as_str(), *size))
        .collect();
    assert_eq!(sizes, [("two", 2), ("one", 3), ("short", 1), ("four", 4)]);
}
