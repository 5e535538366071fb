//! Filters for lists.

use super::At;
use crate::liquid::LiquidError;
use crate::liquid::compare::{is_true, number, order, text};
use crate::liquid::render::write;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::HashSet;

/// What the filter makes of it; none if it is no filter for lists.
pub(super) fn apply(input: &Value, at: &mut At<'_, '_>) -> Result<Option<Value>, LiquidError> {
    let made = match at.filter {
        "size" => size(input).into(),
        "first" => items(input).first().cloned().unwrap_or_default(),
        "last" => items(input).last().cloned().unwrap_or_default(),
        "join" => join(input, at)?.into(),
        "split" => split(input, at)?,
        "map" => {
            let name = text(at.argument(0));
            let values = items(input).iter().map(|item| item.get(&*name).cloned());
            values.map(Option::unwrap_or_default).collect()
        }
        "where" => kept(input, at, true),
        "reject" => kept(input, at, false),
        "find" => match kept(input, at, true) {
            Value::Array(list) => list.into_iter().next().unwrap_or_default(),
            other => other,
        },
        "compact" => items(input)
            .iter()
            .filter(|item| !item.is_null())
            .cloned()
            .collect(),
        "concat" => {
            let both = items(input).iter().chain(items(at.argument(0)));
            both.cloned().collect()
        }
        "reverse" => items(input).iter().rev().cloned().collect(),
        "sort" => sorted(input, at, |left, right| {
            order(left, right).unwrap_or_else(|| text(left).cmp(&text(right)))
        }),
        "sort_natural" => sorted(input, at, |left, right| {
            text(left).to_lowercase().cmp(&text(right).to_lowercase())
        }),
        "uniq" => uniq(input, at),
        "sum" => {
            let sum: f64 = items(input).iter().map(|item| number(by(item, at))).sum();
            crate::liquid::compare::cut(sum)
                .filter(|_| sum.fract() == 0.0)
                .map_or_else(|| sum.into(), Value::from)
        }
        _ => return Ok(None),
    };
    Ok(Some(made))
}

/// A list as it is; anything else is a list of itself, and nil one of nothing.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        Value::Null => &[],
        other => std::slice::from_ref(other),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.len(),
        Value::Object(object) => object.len(),
        Value::String(text) => text.chars().count(),
        _ => 0,
    }
}

/// The member of an item that the first argument names; the item itself if it names none.
fn by<'v>(item: &'v Value, at: &At<'_, '_>) -> &'v Value {
    match at.argument(0) {
        Value::String(name) => item.get(name).unwrap_or(&Value::Null),
        _ => item,
    }
}

fn kept(input: &Value, at: &At<'_, '_>, wanted: bool) -> Value {
    let fits = |item: &&Value| {
        let is = match at.arguments.get(1) {
            Some(value) => by(item, at) == &**value,
            None => is_true(by(item, at)),
        };
        is == wanted
    };
    items(input).iter().filter(fits).cloned().collect()
}

fn sorted(input: &Value, at: &At<'_, '_>, compare: fn(&Value, &Value) -> Ordering) -> Value {
    let mut list: Vec<&Value> = items(input).iter().collect();
    list.sort_by(|left, right| {
        let (left, right) = (by(left, at), by(right, at));
        // What has no value comes last.
        left.is_null()
            .cmp(&right.is_null())
            .then_with(|| compare(left, right))
    });
    list.into_iter().cloned().collect()
}

fn uniq(input: &Value, at: &At<'_, '_>) -> Value {
    let mut seen = HashSet::new();
    let list = items(input)
        .iter()
        .filter(|item| seen.insert(by(item, at).to_string()));
    list.cloned().collect()
}

fn join(input: &Value, at: &mut At<'_, '_>) -> Result<String, LiquidError> {
    let between = match at.arguments.first() {
        Some(value) => text(value).into_owned(),
        None => " ".to_owned(),
    };
    let mut joined = String::new();
    for (index, item) in items(input).iter().enumerate() {
        if index > 0 {
            write(&mut joined, &between, at.budget)?;
        }
        write(&mut joined, &text(item), at.budget)?;
    }
    Ok(joined)
}

fn split(input: &Value, at: &mut At<'_, '_>) -> Result<Value, LiquidError> {
    let (all, between) = (text(input), text(at.argument(0)).into_owned());
    let mut parts: Vec<&str> = match &*between {
        "" => all.split("").filter(|part| !part.is_empty()).collect(),
        " " => all.split_whitespace().collect(),
        between => all.split(between).collect(),
    };
    // Nothing at the end is left away, as Ruby has it.
    while parts.last() == Some(&"") {
        parts.pop();
    }
    at.budget.steps(parts.len() * 4)?;
    Ok(parts.into_iter().map(Value::from).collect())
}
