//! Texts with templates in them, and how a value is written into one.

use super::NoRequest;
use crate::nouns::Object;
use serde_json::Value;
use std::collections::BTreeSet;

/// More places for arguments are in no text.
const MOST: usize = 64;

/// A text with places for arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text(pub(super) Vec<Piece>);

/// A piece of such a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// It stands there as it is.
    Fixed(String),
    /// An argument stands here.
    Argument(Path),
}

/// Which argument, and which member of it. Empty for all arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path(Vec<String>);

impl Path {
    fn parse(text: &str) -> Result<Self, String> {
        let name = text.trim();
        if name == "." {
            return Ok(Self(Vec::new()));
        }
        let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        let parts = name.split('.').map(str::to_owned);
        let parts: Vec<String> = parts.collect();
        if parts
            .iter()
            .any(|part| part.is_empty() || !part.chars().all(is_letter))
        {
            return Err(format!(
                "{{{{{name}}}}} names no argument: write {{{{name}}}} or {{{{name.member}}}}"
            ));
        }
        Ok(Self(parts))
    }

    /// The value; none if it is not there, or null.
    pub(super) fn value(&self, arguments: &Object) -> Option<Value> {
        let Some((first, rest)) = self.0.split_first() else {
            return Some(Value::Object(arguments.clone()));
        };
        let mut value = arguments.get(first)?;
        for part in rest {
            value = match value {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?)?,
                other => other.get(part)?,
            };
        }
        (!value.is_null()).then(|| value.clone())
    }

    /// The value as text, where only one value can stand; none if it is not there.
    pub(super) fn scalar(&self, arguments: &Object) -> Result<Option<String>, NoRequest> {
        match self.value(arguments) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Bool(is)) => Ok(Some(is.to_string())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(NoRequest::NotScalar(self.to_string())),
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { "" })?;
        f.write_str(&self.0.join("."))
    }
}

impl Text {
    /// Reads a text. What is wrong comes in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            let (name, after) = behind.split_once("}}").ok_or("{{ has no }} behind it")?;
            if !before.is_empty() {
                pieces.push(Piece::Fixed(before.to_owned()));
            }
            pieces.push(Piece::Argument(Path::parse(name)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Fixed(rest.to_owned()));
        }
        if pieces.len() > MOST {
            return Err(format!("more than {MOST} places for arguments in one text"));
        }
        Ok(Self(pieces))
    }

    /// The one argument that it is, if it is one and nothing else.
    pub(super) fn whole(&self) -> Option<&Path> {
        match self.0.as_slice() {
            [Piece::Argument(path)] => Some(path),
            _ => None,
        }
    }

    /// What stands there as it is.
    pub(super) fn fixed(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Fixed(text) => Some(text.as_str()),
            Piece::Argument(_) => None,
        })
    }

    /// The arguments.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Fixed(_) => None,
            Piece::Argument(path) => Some(path),
        })
    }

    /// Adds the names of the arguments.
    pub(super) fn names<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        names.extend(
            self.paths()
                .filter_map(|path| path.0.first())
                .map(String::as_str),
        );
    }

    /// The text with its arguments; those that are not there leave nothing behind.
    pub(super) fn plain(&self, arguments: &Object) -> Result<String, NoRequest> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Fixed(fixed) => text.push_str(fixed),
                Piece::Argument(path) => {
                    text.push_str(&path.scalar(arguments)?.unwrap_or_default());
                }
            }
        }
        Ok(text)
    }
}

/// Writes a value so that it is one segment of a path or one value of a query, whatever it is: all but
/// the unreserved characters are percent-encoded (RFC 3986 §2.3).
pub(super) fn encode(value: &str, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(DIGITS[usize::from(byte >> 4)]));
            into.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}
