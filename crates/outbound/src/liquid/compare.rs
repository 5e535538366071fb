//! What values are as text and as numbers, and how they compare.

use super::tree::Operator;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A value as text. An object is its JSON, and a list is all that is in it.
pub(super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        Value::Array(list) => list.iter().map(text).collect::<String>().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(_) | Value::Object(_) => value.to_string().into(),
    }
}

/// Only what is nil or false is not so.
pub(super) const fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false))
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty(),
        other => !is_true(other) || is_empty(other),
    }
}

/// A number, also from the start of a text as Ruby has it; 0 for what is none.
pub(super) fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::String(text) => number_of(text),
        _ => 0.0,
    }
}

/// The number that a text begins with.
pub(crate) fn number_of(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .take_while(|&(at, c)| c.is_ascii_digit() || c == '.' || (at == 0 && "+-".contains(c)))
        .map(|(at, _)| at + 1)
        .last()
        .unwrap_or(0);
    // Two dots: the number ends before the second.
    let mut dots = text[..end].match_indices('.').skip(1);
    let end = dots.next().map_or(end, |(at, _)| at);
    text[..end].trim_end_matches('.').parse().unwrap_or(0.0)
}

/// A whole number, also from a text that is one.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| cut(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The whole part of a number, if it is one that an integer holds.
#[expect(clippy::cast_possible_truncation, reason = "it was looked at before")]
pub(super) fn cut(number: f64) -> Option<i64> {
    // 2^53: whole numbers up to here are exact.
    (number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

/// The order of two values of one kind.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match order(left, right) {
        Some(order) => order == Ordering::Equal,
        None => left == right,
    }
}

pub(super) fn holds(left: &Value, operator: Operator, right: &Value) -> bool {
    let order = || order(left, right);
    match operator {
        Operator::Equal => equal(left, right),
        Operator::Unequal => !equal(left, right),
        Operator::Less => order().is_some_and(Ordering::is_lt),
        Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
        Operator::Greater => order().is_some_and(Ordering::is_gt),
        Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        Operator::Contains => match left {
            Value::String(all) => all.contains(&*text(right)),
            Value::Array(list) => list.iter().any(|value| equal(value, right)),
            Value::Object(object) => object.contains_key(&*text(right)),
            _ => false,
        },
    }
}
