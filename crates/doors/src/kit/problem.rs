//! What is wrong with a member of a request, in the form that `FastAPI` gives it.

use serde::Serialize;
use serde_json::{Value, json};
use serde_path_to_error::Segment;
use switchboard_domain::error::FieldError;

/// One member of a request that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// What is wrong, for programs, e.g. `missing`.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "missing")]
    pub kind: String,
    /// Where it is: `body`, `query` or `header`, then the way to the member.
    #[schema(example = json!(["body", "session_type"]))]
    pub loc: Vec<Step>,
    /// What is wrong, in words.
    #[schema(example = "Field required")]
    pub msg: String,
    /// What was given, where it is worth showing.
    #[schema(value_type = serde_json::Value)]
    pub input: Value,
}

/// Members that hold what nobody else may read: answers end in logs and on screens, so these are never sent back.
const SECRET: [&str; 5] = ["password", "secret", "value", "token", "api_key"];

fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

/// What was given, without what is secret in it.
fn shown(path: &[Step], input: &Value) -> Value {
    let hidden = |step: &Step| matches!(step, Step::Name(name) if is_secret(name));
    if path.iter().any(hidden) {
        return Value::Null;
    }
    match input {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), shown(&[Step::Name(name.clone())], value)))
            .collect(),
        Value::Array(items) => items.iter().map(|item| shown(&[], item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => input.clone(),
    }
}

/// A step on the way to a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = ProblemStep)]
pub enum Step {
    /// A member of an object.
    Name(String),
    /// An item of a list.
    Index(usize),
}

impl Problem {
    /// A problem with something in a place of the request, e.g. `("query", "after")`.
    pub fn at(place: (&str, &str), kind: &str, msg: impl Into<String>, input: Value) -> Self {
        let loc = [place.0, place.1]
            .map(|name| Step::Name(name.to_owned()))
            .to_vec();
        Self {
            kind: kind.to_owned(),
            loc,
            msg: msg.into(),
            input,
        }
    }

    /// A member that must be there.
    pub fn missing(place: (&str, &str), input: Value) -> Self {
        Self::at(place, "missing", "Field required", input)
    }

    /// What serde found wrong with a JSON body.
    pub fn in_body(bytes: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let mut path: Vec<Step> = error.path().iter().filter_map(step).collect();
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let input = path
            .iter()
            .try_fold(&body, walk)
            .map(|input| shown(&path, input))
            .unwrap_or_default();
        let text = error.inner().to_string();
        // serde_json ends its texts with the place, which the path says better.
        let text = text
            .rfind(" at line ")
            .map_or(text.as_str(), |end| &text[..end]);
        let (kind, msg) = match quoted_after(text, "missing field ") {
            Some(name) => {
                path.push(Step::Name(name.to_owned()));
                ("missing", "Field required".to_owned())
            }
            None => explain(text),
        };
        Self {
            kind: kind.to_owned(),
            loc: in_place("body", path),
            msg,
            input,
        }
    }

    /// What the rules about single fields found wrong with a body.
    pub fn of_rules(report: &garde::Report, bytes: &[u8]) -> Vec<Self> {
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let problem = |(path, error): &(garde::Path, garde::Error)| {
            let path = rule_path(path);
            // What breaks a rule by being long is not worth sending back.
            let short = |input: &&Value| input.as_str().is_none_or(|text| text.len() < 1000);
            let input = path.iter().try_fold(&body, walk).filter(short);
            let input = input.filter(|input| !input.is_object());
            let input = input.map(|input| shown(&path, input)).unwrap_or_default();
            let (kind, msg) = ("value_error".to_owned(), error.message().to_owned());
            Self {
                kind,
                loc: in_place("body", path),
                msg,
                input,
            }
        };
        report.iter().map(problem).collect()
    }
}

impl From<FieldError> for Problem {
    fn from(field: FieldError) -> Self {
        let path: Vec<Step> = field.path.into_iter().map(Step::Name).collect();
        let (kind, msg) = (field.kind.to_owned(), field.message);
        Self {
            kind,
            msg,
            input: shown(&path, &field.input),
            loc: in_place("body", path),
        }
    }
}

fn in_place(place: &str, path: Vec<Step>) -> Vec<Step> {
    std::iter::once(Step::Name(place.to_owned()))
        .chain(path)
        .collect()
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Name(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn walk<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => value.get(index),
    }
}

/// The rules' paths read as lists of kind and name; their text would be ambiguous.
fn rule_path(path: &garde::Path) -> Vec<Step> {
    let parts = json!(path);
    let parts = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    let step = |part: &Value| {
        let name = part.get(1)?.as_str()?;
        match part.get(0)?.as_str()? {
            "key" => Some(Step::Name(name.to_owned())),
            "index" => name.parse().ok().map(Step::Index),
            _ => None,
        }
    };
    parts.iter().filter_map(step).collect()
}

/// Pydantic's name and words for what serde found wrong.
fn explain(text: &str) -> (&'static str, String) {
    let Some((found, expected)) = text.rsplit_once(", expected ") else {
        return ("value_error", text.to_owned());
    };
    if found.starts_with("unknown variant") {
        let variants = expected.trim_start_matches("one of ").replace('`', "'");
        return ("enum", format!("Input should be {variants}"));
    }
    let (kind, what) = match expected {
        "a map" => ("dict_type", "a valid dictionary"),
        "a sequence" => ("list_type", "a valid list"),
        "a boolean" => ("bool_type", "a valid boolean"),
        expected if expected.contains("string") => ("string_type", "a valid string"),
        "an object" => (
            "model_attributes_type",
            "a valid dictionary or object to extract fields from",
        ),
        expected if expected.starts_with(['i', 'u', 'f']) => ("int_type", "a valid integer"),
        _ => return ("value_error", text.to_owned()),
    };
    (kind, format!("Input should be {what}"))
}

fn quoted_after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?
        .strip_prefix('`')?
        .strip_suffix('`')
}
