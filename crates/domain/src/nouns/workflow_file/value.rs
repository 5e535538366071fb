//! JSON of which every part knows where it stands, so that an error can say so.

use super::Object;
use serde_json::Value;

/// Why a text is no workflow file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", shown(.path))]
pub struct BadWorkflowFile {
    /// The path to the member that is wrong: names and places, outermost first. Empty for the file.
    pub path: Vec<String>,
    /// What it must be.
    pub what: String,
}

impl BadWorkflowFile {
    pub(super) fn file(what: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            what: what.into(),
        }
    }
}

fn shown(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            text = format!("{text}[{part}]");
        } else if text.is_empty() {
            text.clone_from(part);
        } else {
            text = format!("{text}.{part}");
        }
    }
    if text.is_empty() {
        "the workflow file".to_owned()
    } else {
        format!("`{text}`")
    }
}

/// A part of the file.
pub(super) struct Part {
    path: Vec<String>,
    value: Value,
}

type Read<T> = Result<T, BadWorkflowFile>;

impl Part {
    pub(super) fn file(value: Value) -> Self {
        Self {
            path: Vec::new(),
            value,
        }
    }

    pub(super) fn bad(&self, what: impl Into<String>) -> BadWorkflowFile {
        BadWorkflowFile {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    fn is(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    fn must_be(&self, what: &str) -> BadWorkflowFile {
        self.bad(format!("must be {what}, and is {}", self.is()))
    }

    /// The part as an object whose members are then taken out.
    pub(super) fn members(self) -> Read<Members> {
        match self.value {
            Value::Object(members) => Ok(Members {
                path: self.path,
                members,
            }),
            _ => Err(self.must_be("an object")),
        }
    }

    pub(super) fn object(self) -> Read<Object> {
        match self.value {
            Value::Object(members) => Ok(members),
            _ => Err(self.must_be("an object")),
        }
    }

    pub(super) fn list(self, max: usize) -> Read<Vec<Self>> {
        match self.value {
            Value::Array(values) if values.len() > max => Err(BadWorkflowFile {
                path: self.path,
                what: format!("has {} entries, and {max} are the most", values.len()),
            }),
            Value::Array(values) => Ok(values
                .into_iter()
                .enumerate()
                .map(|(place, value)| Self {
                    path: [self.path.clone(), vec![place.to_string()]].concat(),
                    value,
                })
                .collect()),
            _ => Err(self.must_be("a list")),
        }
    }

    /// A text of at most so many characters.
    pub(super) fn text(&self, max: usize) -> Read<&str> {
        match &self.value {
            Value::String(text) if text.chars().nth(max).is_some() => {
                Err(self.bad(format!("has more than {max} characters")))
            }
            Value::String(text) => Ok(text),
            _ => Err(self.must_be("a text")),
        }
    }

    /// A text that is not empty.
    pub(super) fn name(&self, max: usize) -> Read<String> {
        match self.text(max)? {
            "" => Err(self.bad("must not be empty")),
            text => Ok(text.to_owned()),
        }
    }

    pub(super) fn boolean(&self) -> Read<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.must_be("true or false"))
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self) -> Read<i64> {
        let count = self.value.as_i64().filter(|count| *count >= 0);
        count.ok_or_else(|| self.must_be("a whole number from 0 on"))
    }

    /// The place of an entry in a list of so many.
    pub(super) fn place(&self, among: usize) -> Read<usize> {
        let place = usize::try_from(self.count()?).ok();
        place.filter(|place| *place < among).ok_or_else(|| {
            self.bad(format!(
                "must be the place of one of the {among} agents, counted from 0"
            ))
        })
    }

    /// What `parse` makes of the text.
    pub(super) fn parsed<T, E: ToString>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Read<T> {
        parse(self.text(MAX_WORD)?).map_err(|error| self.bad(error.to_string()))
    }
}

/// The most characters of what is parsed further.
const MAX_WORD: usize = 1000;

/// An object whose members are taken out one by one.
pub(super) struct Members {
    path: Vec<String>,
    members: Object,
}

impl Members {
    /// The member, if it is there and not null.
    pub(super) fn find(&mut self, name: &str) -> Option<Part> {
        let value = self
            .members
            .shift_remove(name)
            .filter(|value| !value.is_null())?;
        Some(Part {
            path: [self.path.clone(), vec![name.to_owned()]].concat(),
            value,
        })
    }

    /// The member, which must be there.
    pub(super) fn take(&mut self, name: &str) -> Read<Part> {
        self.find(name).ok_or_else(|| BadWorkflowFile {
            path: [self.path.clone(), vec![name.to_owned()]].concat(),
            what: "is missing".to_owned(),
        })
    }

    /// What was not taken.
    pub(super) fn rest(self) -> Object {
        self.members
    }
}
