//! The file of settings, and the variables.

use std::{fs, path::Path};
use switchboard::config::{Flags, Sources, load};

/// What begins with this is a secret, as long as letters and digits go on.
const SECRET: &str = "secret-";

/// The input is a file, with variables (`NAME=VALUE`) before it, up to a line `---`.
pub fn settings(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let (variables, file) = text.split_once("---\n").unwrap_or(("", text));
    let folder = tempfile::tempdir_in(in_memory()).unwrap();
    fs::write(folder.path().join("switchboard.toml"), file).unwrap();
    let variables = variables.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    let sources = Sources {
        flags: Flags::default(),
        variables: variables.collect(),
        folder: folder.path().to_owned(),
    };
    match load(&sources) {
        Ok(loaded) => {
            let shown = loaded.show();
            let read = shown.parse::<toml::Table>();
            assert!(read.is_ok(), "what is shown is TOML: {read:?}\n{shown}");
            for provider in loaded.config.providers.values() {
                let key = provider.api_key.as_ref();
                hides(text, &shown, key.map(secrecy::ExposeSecret::expose_secret));
            }
        }
        Err(problems) => {
            assert!(!problems.0.is_empty(), "it says what is wrong");
            assert!(!problems.to_string().is_empty());
        }
    }
}

/// A secret that was written once only, as a secret, is not shown.
fn hides(text: &str, shown: &str, secret: Option<&str>) {
    let Some(secret) = secret.filter(|secret| secret.starts_with(SECRET)) else {
        return;
    };
    if text.matches(secret).count() == 1 {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// Where files cost little.
fn in_memory() -> &'static Path {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        Path::new("/tmp")
    }
}
