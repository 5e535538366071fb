//! The files of the project, for the rules to look at.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// A source file.
pub struct Source {
    /// Its path from the root of the project, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// The lines that are code, with their numbers: no comments, and nothing from a test module at the end on.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = self.text.find("\n#[cfg(test)]\nmod tests {");
        let code = &self.text[..end.unwrap_or(self.text.len())];
        (1..)
            .zip(code.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Whether all of it is for tests.
    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Whether it is in one of these folders (or is one of these files).
    pub fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn read_toml(path: &str) -> Table {
    read(path)
        .parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The benchmark, which stands beside the crates that make up the server.
const BENCH: &str = "bench";

/// What the fuzzer runs, and a test.
const FUZZ: &str = "fuzz/src";

/// The folders of our crates, with the names behind `switchboard-`; the binary is `switchboard`.
pub fn crates() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    names.push(BENCH.into());
    names.sort();
    names
}

/// The manifest of a crate.
pub fn manifest(name: &str) -> String {
    if name == BENCH {
        format!("{name}/Cargo.toml")
    } else {
        format!("crates/{name}/Cargo.toml")
    }
}

/// All Rust files.
pub fn sources() -> Vec<Source> {
    let mut all = Vec::new();
    collect(&root().join("crates"), "crates", &mut all);
    collect(&root().join(BENCH), BENCH, &mut all);
    collect(&root().join(FUZZ), FUZZ, &mut all);
    assert!(all.len() > 10, "the sources were not found");
    all
}

fn collect(folder: &Path, path: &str, all: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let inner = format!("{path}/{name}");
        if entry.path().is_dir() {
            collect(&entry.path(), &inner, all);
        } else if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "rs")
        {
            let text = fs::read_to_string(entry.path()).unwrap();
            all.push(Source { path: inner, text });
        }
    }
}

/// Fails with all complaints, if there are any.
pub fn none(rule: &str, complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{rule}:\n  {}",
        complaints.join("\n  ")
    );
}
