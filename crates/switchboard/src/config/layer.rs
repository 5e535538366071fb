//! Settings on their way: a value and its origin for each path, such as `limits.body_bytes`.

use std::collections::BTreeMap;
use std::fmt;

use toml::{Table, Value};

/// What one source says, or all of them together.
pub(super) type Layer = BTreeMap<String, Entry>;

/// A value and where it came from. It may be a secret, so it cannot be printed.
#[derive(Clone)]
pub(super) struct Entry {
    pub value: Value,
    pub origin: Origin,
}

impl Entry {
    pub fn new(value: impl Into<Value>, origin: Origin) -> Self {
        Self {
            value: value.into(),
            origin,
        }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Default,
    File { name: String, line: usize },
    Variable(String),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// The layer as a TOML document with its sections.
pub(super) fn to_table(layer: &Layer) -> Table {
    let mut root = Table::new();
    for (path, entry) in layer {
        insert(&mut root, path, entry.value.clone());
    }
    root
}

fn insert(table: &mut Table, path: &str, value: Value) {
    let Some((section, rest)) = path.split_once('.') else {
        table.insert(path.into(), value);
        return;
    };
    let inner = table
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = inner {
        insert(inner, rest, value);
    }
}
