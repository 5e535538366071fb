//! What an agent answered, read from bytes alone.

use crate::outgoing::Outgoing;
use serde_json::Value;
use switchboard_domain::nouns::action::BadFunction;
use switchboard_domain::nouns::{DefinedBy, Function, Object, Outcome, ProposedAction};
use switchboard_domain::ports::Registration;
use switchboard_domain::text::storable;

/// A longer line of a log is cut, in characters.
const LONGEST_LOG: usize = 10_000;
/// How deep a message or a memory may be. What wraps them in the store must stay within the 128 levels
/// that the parser reads.
const DEEPEST: usize = 100;
/// No type has a longer name, in characters.
const LONGEST_NAME: usize = 100;
/// How much an agent may say about itself, in bytes.
const LONGEST_DESCRIPTION: usize = 64 * 1024;

/// What is wrong with an answer. Nothing of it takes effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// Nothing came.
    #[error("it is empty")]
    Empty,
    /// Its bytes are no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Its text is no JSON (RFC 8259).
    #[error("it is not JSON ({0})")]
    NotJson(String),
    /// Its JSON is no object.
    #[error("it is no JSON object")]
    NotObject,
    /// The object `result` is not there.
    #[error("it has no object `result`")]
    NoResult,
    /// A member of `result` is of another type than it must be.
    #[error("`{member}` is not {wanted}")]
    Wrong {
        /// The path to the member.
        member: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// A function is none that an agent may have.
    #[error("`functions[{at}]`: {bad}")]
    Function {
        /// Which.
        at: usize,
        /// What is wrong with it.
        bad: BadFunction,
    },
    /// A message or the memory has too many levels.
    #[error("`{member}` is more than {DEEPEST} levels deep")]
    Deep {
        /// The path to the member.
        member: String,
    },
}

/// The outcome that an answer to `receive` or `check` stands for. Whatever the bytes, it ends and does
/// not panic. Files at addresses cannot be fetched.
///
/// # Errors
/// [`BadAnswer`], where the call failed.
pub fn parse_answer(bytes: &[u8]) -> Result<Outcome, BadAnswer> {
    parse(bytes, None)
}

/// The same; files at addresses are then fetched by this.
pub(super) fn parse(bytes: &[u8], outgoing: Option<&Outgoing>) -> Result<Outcome, BadAnswer> {
    let mut result = result(bytes)?;
    let care = Care::of(bytes);
    Ok(Outcome {
        messages: messages(&mut result, care)?,
        memory: memory(&mut result, care)?,
        logs: lines(&mut result, "logs")?,
        errors: lines(&mut result, "errors")?,
        actions: actions(&mut result, care)?,
        artifacts: super::files::artifacts(&mut result, outgoing)?,
        ..Outcome::default()
    })
}

/// What an answer to `register` says.
///
/// # Errors
/// [`BadAnswer`], where it is no registration.
pub fn parse_registration(bytes: &[u8]) -> Result<Registration, BadAnswer> {
    let mut result = result(bytes)?;
    let care = Care::of(bytes);
    let name = text(&mut result, "name")?
        .filter(|name| is_type_name(name))
        .ok_or_else(|| wrong("name", "a capital letter and then letters and digits"))?;
    let display_name = text(&mut result, "display_name")?
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| name.clone());
    let description = text(&mut result, "description")?.unwrap_or_default();
    let default_options = match result.remove("default_options") {
        None | Some(Value::Null) => Object::new(),
        Some(Value::Object(options)) => care.take(options, "default_options")?,
        Some(_) => return Err(wrong("default_options", "an object")),
    };
    Ok(Registration {
        display_name: display_name.chars().take(LONGEST_NAME).collect(),
        description: switchboard_domain::text::clip(description, LONGEST_DESCRIPTION),
        functions: functions(&mut result, care)?,
        name,
        default_options,
    })
}

/// Whether a type may be called this: camel case, since files name it `Agents::NAME`.
fn is_type_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

/// The object `result` of an answer.
fn result(bytes: &[u8]) -> Result<Object, BadAnswer> {
    match object(bytes) {
        Ok(mut answer) => match answer.remove("result") {
            Some(Value::Object(result)) => Ok(result),
            _ => Err(BadAnswer::NoResult),
        },
        Err(BadAnswer::NotObject) => Err(BadAnswer::NoResult),
        Err(bad) => Err(bad),
    }
}

/// The object that an answer is.
pub(crate) fn object(bytes: &[u8]) -> Result<Object, BadAnswer> {
    // Some libraries begin with a mark of the byte order, which readers may skip (RFC 8259 §8.1).
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| BadAnswer::NotUtf8)?;
    if text.trim().is_empty() {
        return Err(BadAnswer::Empty);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(answer)) => Ok(answer),
        Ok(_) => Err(BadAnswer::NotObject),
        Err(error) => Err(BadAnswer::NotJson(error.to_string())),
    }
}

fn messages(result: &mut Object, care: Care) -> Result<Vec<Object>, BadAnswer> {
    let list = list(result, "messages")?;
    let payloads = list.into_iter().enumerate().map(|(at, message)| {
        let member = format!("messages[{at}]");
        match message {
            Value::Object(payload) => care.take(payload, &member),
            _ => Err(wrong(&member, "an object")),
        }
    });
    payloads.collect()
}

/// The functions that it wants called.
fn actions(result: &mut Object, care: Care) -> Result<Vec<ProposedAction>, BadAnswer> {
    let list = list(result, "actions")?;
    let actions = list.into_iter().enumerate().map(|(at, action)| {
        let member = |name: &str| format!("actions[{at}]{name}");
        let Value::Object(mut action) = action else {
            return Err(wrong(&member(""), "an object"));
        };
        let name = text(&mut action, "name")?.ok_or_else(|| wrong(&member(".name"), "a text"))?;
        let arguments = match action.remove("arguments") {
            None | Some(Value::Null) => Object::new(),
            Some(Value::Object(given)) => care.take(given, &member(".arguments"))?,
            Some(_) => return Err(wrong(&member(".arguments"), "an object")),
        };
        Ok(ProposedAction { name, arguments })
    });
    actions.collect()
}

fn memory(result: &mut Object, care: Care) -> Result<Option<Object>, BadAnswer> {
    match result.remove("memory") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(memory)) => care.take(memory, "memory").map(Some),
        Some(_) => Err(wrong("memory", "an object")),
    }
}

/// Log lines. One that is no text is shown as the JSON that it is: a log should not cost the effects.
fn lines(result: &mut Object, name: &str) -> Result<Vec<String>, BadAnswer> {
    let lines = list(result, name)?.into_iter().map(|line| {
        let line = match line {
            Value::String(line) => line,
            other => other.to_string(),
        };
        storable(&line).chars().take(LONGEST_LOG).collect()
    });
    Ok(lines.collect())
}

fn functions(result: &mut Object, care: Care) -> Result<Vec<Function>, BadAnswer> {
    let list = list(result, "functions")?;
    let functions = list.into_iter().enumerate().map(|(at, function)| {
        let Value::Object(function) = function else {
            return Err(wrong(&format!("functions[{at}]"), "an object"));
        };
        let function = care.take(function, &format!("functions[{at}]"))?;
        Function::read(&function, DefinedBy::Agent).map_err(|bad| BadAnswer::Function { at, bad })
    });
    functions.collect()
}

/// A list; null is as good as an empty one.
pub(crate) fn list(result: &mut Object, name: &str) -> Result<Vec<Value>, BadAnswer> {
    match result.remove(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(wrong(name, "a list")),
    }
}

/// A text, if there is one.
pub(crate) fn text(object: &mut Object, name: &str) -> Result<Option<String>, BadAnswer> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(storable(&text).into_owned())),
        Some(_) => Err(wrong(name, "a text")),
    }
}

/// A member is of another type than it must be.
pub(crate) fn wrong(member: &str, wanted: &'static str) -> BadAnswer {
    BadAnswer::Wrong {
        member: member.to_owned(),
        wanted,
    }
}

/// What has to be looked after in the values of an answer. Nearly always it is nothing, which the bytes
/// tell at once.
#[derive(Clone, Copy)]
pub(crate) struct Care {
    may_be_deep: bool,
    may_hold_nul: bool,
}

impl Care {
    /// What these bytes make necessary.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let opened = bytes.iter().filter(|byte| matches!(byte, b'{' | b'['));
        Self {
            may_be_deep: opened.take(DEEPEST).count() == DEEPEST,
            may_hold_nul: bytes.windows(6).any(|window| window == br"\u0000"),
        }
    }

    /// The object as it can be stored.
    pub(crate) fn take(self, object: Object, member: &str) -> Result<Object, BadAnswer> {
        if self.may_be_deep && object.values().any(|value| is_deeper(value, DEEPEST - 1)) {
            return Err(BadAnswer::Deep {
                member: member.to_owned(),
            });
        }
        if !self.may_hold_nul {
            return Ok(object);
        }
        Ok(object.into_iter().map(without_nul).collect())
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let below = |value| levels == 0 || is_deeper(value, levels - 1);
    match value {
        Value::Array(list) => levels == 0 || list.iter().any(below),
        Value::Object(object) => levels == 0 || object.values().any(below),
        _ => false,
    }
}

fn without_nul((name, value): (String, Value)) -> (String, Value) {
    (storable(&name).into_owned(), clean(value))
}

fn clean(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(storable(&text).into_owned()),
        Value::Array(list) => list.into_iter().map(clean).collect(),
        Value::Object(object) => object.into_iter().map(without_nul).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
