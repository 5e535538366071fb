//! Names of capabilities, and patterns of them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// The longest name, in bytes.
const LONGEST: usize = 128;

/// A text that is no capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCapability {
    /// It is no name.
    #[error(
        "{0:?} is no capability: 1 to {LONGEST} letters, digits, - and _, in parts with a dot between \
         them, such as mail.send"
    )]
    Name(String),
    /// It is no pattern either.
    #[error(
        "{0:?} is neither a capability, such as mail.send, nor the beginning of some with a * behind \
         it, such as mail.*"
    )]
    Pattern(String),
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(is_letter))
}

/// The name of something that can be done, such as `mail.send`. The name of a function is one, too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Capability(Arc<str>);

impl Capability {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Capability {
    type Err = BadCapability;

    fn from_str(text: &str) -> Result<Self, BadCapability> {
        if is_name(text) {
            Ok(Self(text.into()))
        } else {
            Err(BadCapability::Name(shown(text)))
        }
    }
}

/// A name, or the beginning of names with a `*` behind it, which stands for any rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Arc<str>);

impl Pattern {
    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means this name. A name that is reserved is meant by itself alone.
    pub fn matches(&self, name: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => {
                name.starts_with(beginning)
                    && !super::Reserved::ALL.iter().any(|own| own.name() == name)
            }
            None => *self.0 == *name,
        }
    }

    /// How exactly it says what it means: more for a longer one, and most for a name.
    pub(super) fn weight(&self) -> (bool, usize) {
        (!self.0.ends_with('*'), self.0.len())
    }
}

impl FromStr for Pattern {
    type Err = BadCapability;

    fn from_str(text: &str) -> Result<Self, BadCapability> {
        let is_good = text.strip_suffix('*').map_or_else(
            || is_name(text),
            |beginning| {
                let whole = beginning.strip_suffix('.').unwrap_or(beginning);
                beginning.is_empty() || is_name(whole) && beginning.len() < LONGEST
            },
        );
        if is_good {
            Ok(Self(text.into()))
        } else {
            Err(BadCapability::Pattern(shown(text)))
        }
    }
}

impl From<Capability> for Pattern {
    fn from(name: Capability) -> Self {
        Self(name.0)
    }
}

macro_rules! as_text {
    ($($kind:ident)*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$kind> for String {
            fn from(name: $kind) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl TryFrom<String> for $kind {
            type Error = BadCapability;

            fn try_from(text: String) -> Result<Self, BadCapability> {
                text.parse()
            }
        }
    )*};
}

as_text! { Capability Pattern }

/// As much of a text as an error shows.
fn shown(text: &str) -> String {
    crate::text::clip(text.to_owned(), LONGEST)
}
