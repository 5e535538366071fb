//! The body of a template: JSON, or a form.

use super::text::{Text, encode};
use super::{BadTemplate, NoRequest};
use crate::nouns::Object;
use serde_json::Value;
use std::collections::BTreeSet;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// Deeper bodies are none.
const DEEPEST: usize = 32;

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// JSON (RFC 8259).
    Json(Part),
    /// Names and values, as HTML forms send them.
    Form(Vec<(String, Text)>),
}

/// A value in JSON with places for arguments.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Fixed(Value),
    Text(Text),
    List(Vec<Part>),
    Object(Vec<(String, Part)>),
}

impl Body {
    pub(super) fn parse(body: &Value, content_type: Option<&str>) -> Result<Self, BadTemplate> {
        let wrong = |wrong: String| BadTemplate::new("body", wrong);
        let kind = content_type.unwrap_or(JSON).split(';').next();
        let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
        if kind == FORM {
            return form(body).map(Self::Form).map_err(wrong);
        }
        if kind == JSON || kind.ends_with("+json") {
            return Part::parse(body, 0).map(Self::Json).map_err(wrong);
        }
        let wrong = format!("a body is sent as {JSON}, some other +json, or {FORM}");
        Err(BadTemplate::new("headers.content-type", wrong))
    }

    pub(super) const fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => JSON,
            Self::Form(_) => FORM,
        }
    }

    pub(super) fn names<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Self::Json(part) => part.names(names),
            Self::Form(pairs) => pairs.iter().for_each(|(_, value)| value.names(names)),
        }
    }

    pub(super) fn render(&self, arguments: &Object) -> Result<Vec<u8>, NoRequest> {
        match self {
            Self::Json(part) => {
                let value = part.render(arguments)?.unwrap_or(Value::Null);
                Ok(value.to_string().into_bytes())
            }
            Self::Form(pairs) => render_form(pairs, arguments).map(String::into_bytes),
        }
    }
}

fn form(body: &Value) -> Result<Vec<(String, Text)>, String> {
    let Value::Object(members) = body else {
        return Err("a form is an object of names and values".to_owned());
    };
    let pairs = members.iter().map(|(name, value)| {
        let text = match value {
            Value::String(text) => Text::parse(text)?,
            Value::Bool(_) | Value::Number(_) => Text::parse(&value.to_string())?,
            _ => return Err(format!("{name} must be a text, a number, or true or false")),
        };
        if name.contains("{{") {
            return Err(format!("the name {name} has no places for arguments"));
        }
        Ok((name.clone(), text))
    });
    pairs.collect()
}

/// The pairs; those of which the argument is not there are left out.
fn render_form(pairs: &[(String, Text)], arguments: &Object) -> Result<String, NoRequest> {
    let mut written = String::new();
    for (name, value) in pairs {
        let value = match value.whole() {
            Some(path) => path.scalar(arguments)?,
            None => Some(value.plain(arguments)?),
        };
        let Some(value) = value else { continue };
        if !written.is_empty() {
            written.push('&');
        }
        encode(name, &mut written);
        written.push('=');
        encode(&value, &mut written);
    }
    Ok(written)
}

impl Part {
    fn parse(value: &Value, depth: usize) -> Result<Self, String> {
        if depth > DEEPEST {
            return Err(format!("is nested deeper than {DEEPEST} levels"));
        }
        Ok(match value {
            Value::String(text) => Self::Text(Text::parse(text)?),
            Value::Array(items) => {
                let items = items.iter().map(|item| Self::parse(item, depth + 1));
                Self::List(items.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| {
                    if name.contains("{{") {
                        return Err(format!("the name {name} has no places for arguments"));
                    }
                    Ok((name.clone(), Self::parse(value, depth + 1)?))
                });
                Self::Object(members.collect::<Result<_, _>>()?)
            }
            fixed => Self::Fixed(fixed.clone()),
        })
    }

    fn names<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(text) => text.names(names),
            Self::List(items) => items.iter().for_each(|item| item.names(names)),
            Self::Object(members) => members.iter().for_each(|(_, part)| part.names(names)),
        }
    }

    /// The value; none if it is an argument that is not there. Such members and items are left out.
    fn render(&self, arguments: &Object) -> Result<Option<Value>, NoRequest> {
        Ok(Some(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(text) => match text.whole() {
                Some(path) => return Ok(path.value(arguments)),
                None => Value::String(text.plain(arguments)?),
            },
            Self::List(items) => {
                let items = items
                    .iter()
                    .filter_map(|item| item.render(arguments).transpose());
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let members = members.iter().filter_map(|(name, part)| {
                    let value = part.render(arguments).transpose()?;
                    Some(value.map(|value| (name.clone(), value)))
                });
                Value::Object(members.collect::<Result<_, _>>()?)
            }
        }))
    }
}
