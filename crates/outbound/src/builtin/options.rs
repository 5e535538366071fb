//! Reading options, which people write as text where programs would write numbers.

use crate::liquid;
use serde_json::Value;
use switchboard_domain::error::FieldError;
use switchboard_domain::nouns::Object;

/// The options of an agent.
#[derive(Clone, Copy)]
pub(super) struct Options<'a>(pub(super) &'a Object);

impl<'a> Options<'a> {
    pub(super) fn get(self, name: &str) -> &'a Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// Whether it says anything.
    pub(super) fn is_set(self, name: &str) -> bool {
        is_set(self.get(name))
    }

    /// The text; empty if there is none. Numbers are text, too.
    pub(super) fn text(self, name: &str) -> String {
        text(self.get(name))
    }

    /// Whether it is true; none if it is neither true nor false.
    pub(super) fn flag(self, name: &str) -> Option<bool> {
        match self.get(name) {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text == "true" => Some(true),
            Value::String(text) if text == "false" => Some(false),
            _ => None,
        }
    }

    /// Whether it is set to true.
    pub(super) fn is_on(self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    /// A whole number.
    pub(super) fn whole(self, name: &str) -> Option<i64> {
        match self.get(name) {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A number of days above 0.
    pub(super) fn days(self, name: &str) -> Option<f64> {
        let days = match self.get(name) {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        days.filter(|days: &f64| days.is_finite() && *days > 0.0)
    }

    /// The list; empty if it is none.
    pub(super) fn list(self, name: &str) -> &'a [Value] {
        match self.get(name) {
            Value::Array(list) => list,
            _ => &[],
        }
    }

    /// Whether it is a template, so that what it says is known later.
    pub(super) fn is_template(self, name: &str) -> bool {
        self.get(name).as_str().is_some_and(liquid::is_template)
    }
}

/// Whether a value says anything: it is not nil, false, empty, or only spaces.
pub(super) fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// A value as text: nothing for nil, and JSON for what has parts.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is wrong with options.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    /// This value breaks a rule.
    pub(super) fn add(&mut self, path: &[&str], message: impl Into<String>, value: &Value) {
        let input = if path.first().is_some_and(|name| name.contains("secret")) {
            Value::Null
        } else {
            value.clone()
        };
        self.0.push(FieldError::value(path, message, input));
    }

    /// This option breaks a rule.
    pub(super) fn of(&mut self, options: Options<'_>, name: &str, message: &str) {
        self.add(&[name], message, options.get(name));
    }

    /// It must say something.
    pub(super) fn require(&mut self, options: Options<'_>, name: &str) {
        if !options.is_set(name) {
            self.of(options, name, "is required");
        }
    }

    /// It must be true or false, where it says anything and is no template.
    pub(super) fn flag(&mut self, options: Options<'_>, name: &str) {
        let given = options
            .0
            .get(name)
            .is_some_and(|value| is_set(value) || value.is_boolean());
        if given && options.flag(name).is_none() && !options.is_template(name) {
            self.of(options, name, "must be true or false");
        }
    }

    /// It must be one of these, where it says anything and is no template.
    pub(super) fn one_of(&mut self, options: Options<'_>, name: &str, allowed: &[&str]) {
        let given = options.text(name);
        if options.is_set(name) && !options.is_template(name) && !allowed.contains(&&*given) {
            self.of(
                options,
                name,
                &format!("must be one of {}", allowed.join(", ")),
            );
        }
    }

    pub(super) fn result(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.0)
        }
    }
}

/// What is wrong, in a sentence.
pub(super) fn sentence(faults: &[FieldError]) -> String {
    let parts: Vec<String> = faults
        .iter()
        .map(|fault| format!("{} {}", fault.path.join("."), fault.message))
        .collect();
    format!("the agent's options cannot work: {}", parts.join("; "))
}
