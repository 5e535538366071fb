//! What the settings are read from, given by value so that tests need no process of their own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::keys;
use super::layer::{Entry, Layer, Origin};
use super::problem::Problem;

/// The settings that were given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`.
    pub listen: Option<String>,
    /// `--data`.
    pub data: Option<String>,
    /// `--store`.
    pub store: Option<String>,
    /// `--config`: the file to read.
    pub config: Option<String>,
}

/// Everything that the settings are read from.
#[derive(Default)]
pub struct Sources {
    /// The command line.
    pub flags: Flags,
    /// The variables of the process.
    pub variables: BTreeMap<String, String>,
    /// The folder in which the process runs.
    pub folder: PathBuf,
}

impl Sources {
    /// Those of this process.
    pub fn of_process(flags: Flags) -> Self {
        let variables = std::env::vars_os()
            .map(|(name, value)| {
                let value = value.to_string_lossy().into_owned();
                (name.to_string_lossy().into_owned(), value)
            })
            .collect();
        Self {
            flags,
            variables,
            folder: PathBuf::new(),
        }
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&String> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }
}

impl Flags {
    pub(super) fn read(&self, problems: &mut Vec<Problem>) -> Layer {
        let mut layer = Layer::new();
        let all = [
            ("listen", "--listen", &self.listen),
            ("data", "--data", &self.data),
            ("store", "--store", &self.store),
        ];
        for (path, flag, text) in all {
            let (Some(text), Some(kind)) = (text, keys::kind_of(path)) else {
                continue;
            };
            match kind.read(text) {
                Ok(value) => drop(layer.insert(path.into(), Entry::new(value, Origin::Flag(flag)))),
                Err(what) => problems.push(Problem::new(flag, what)),
            }
        }
        layer
    }
}
