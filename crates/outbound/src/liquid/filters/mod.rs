//! What can be done to a value in a template: Liquid's own filters, and those that workflows know.

mod date;
mod list;
mod number;
mod text;

pub(crate) use date::written as time_of;
pub(crate) use text::pattern;

use super::LiquidError;
use super::budget::Budget;
use super::compare::{is_empty, is_true};
use serde_json::Value;
use std::borrow::Cow;
use switchboard_domain::Timestamp;

/// All filters.
const ALL: [&str; 64] = [
    "abs",
    "append",
    "as_object",
    "at_least",
    "at_most",
    "capitalize",
    "ceil",
    "compact",
    "concat",
    "date",
    "default",
    "divided_by",
    "downcase",
    "escape",
    "escape_once",
    "first",
    "floor",
    "h",
    "join",
    "json",
    "last",
    "lstrip",
    "map",
    "minus",
    "modulo",
    "newline_to_br",
    "plus",
    "prepend",
    "regex_replace",
    "regex_replace_first",
    "remove",
    "remove_first",
    "remove_last",
    "replace",
    "replace_first",
    "replace_last",
    "reverse",
    "round",
    "rstrip",
    "size",
    "slice",
    "sort",
    "sort_natural",
    "split",
    "strip",
    "strip_html",
    "strip_newlines",
    "sum",
    "times",
    "to_json",
    "trim",
    "truncate",
    "truncatewords",
    "unescape",
    "uniq",
    "upcase",
    "uri_escape",
    "url_decode",
    "url_encode",
    "where",
    "base64_encode",
    "base64_decode",
    "reject",
    "find",
];

/// The name of a filter, if there is one of this name.
pub(super) fn known(name: &str) -> Option<&'static str> {
    ALL.into_iter().find(|known| *known == name)
}

/// The names of all filters.
#[cfg(test)]
pub(super) const fn names() -> &'static [&'static str] {
    &ALL
}

/// One use of a filter. What it looks at was paid for.
pub(super) struct At<'a, 'b> {
    pub(super) filter: &'static str,
    pub(super) arguments: &'b [Cow<'a, Value>],
    pub(super) now: Timestamp,
    pub(super) budget: &'b mut Budget,
}

impl<'a, 'b> At<'a, 'b> {
    /// The argument at this place; nil if it is not given.
    fn argument(&self, at: usize) -> &'b Value {
        self.arguments
            .get(at)
            .map_or(&Value::Null, |value| &**value)
    }

    fn copied(&self, at: usize) -> Cow<'a, Value> {
        self.arguments
            .get(at)
            .cloned()
            .unwrap_or(Cow::Owned(Value::Null))
    }

    fn fault(&self, reason: &'static str) -> LiquidError {
        LiquidError::Filter {
            filter: self.filter,
            reason,
        }
    }
}

/// What the filter makes of a value.
pub(super) fn apply<'a>(
    input: Cow<'a, Value>,
    at: &mut At<'a, '_>,
) -> Result<Cow<'a, Value>, LiquidError> {
    match at.filter {
        "as_object" => return Ok(input),
        "default" => {
            let keep = is_true(&input) && !is_empty(&input);
            return Ok(if keep { input } else { at.copied(0) });
        }
        "json" | "to_json" => return Ok(Cow::Owned(input.to_string().into())),
        "date" => return date::apply(input, at),
        _ => {}
    }
    let made = match number::apply(&input, at)? {
        Some(made) => Some(made),
        None => match list::apply(&input, at)? {
            Some(made) => Some(made),
            None => text::apply(&input, at)?,
        },
    };
    Ok(made.map_or(input, Cow::Owned))
}
