//! Filters for numbers. Whole numbers stay whole, as long as they fit.

use super::At;
use crate::liquid::LiquidError;
use crate::liquid::compare::{cut, number, whole};
use serde_json::Value;

/// What the filter makes of it; none if it is no filter for numbers.
pub(super) fn apply(input: &Value, at: &At<'_, '_>) -> Result<Option<Value>, LiquidError> {
    let (left, right) = (input, at.argument(0));
    let made = match at.filter {
        "plus" => with(left, right, i64::checked_add, |a, b| a + b),
        "minus" => with(left, right, i64::checked_sub, |a, b| a - b),
        "times" => with(left, right, i64::checked_mul, |a, b| a * b),
        "divided_by" => {
            divides(right, at)?;
            with(left, right, floored_quotient, |a, b| a / b)
        }
        "modulo" => {
            divides(right, at)?;
            with(left, right, floored_rest, |a, b| a - b * (a / b).floor())
        }
        "at_least" => with(left, right, |a, b| Some(a.max(b)), f64::max),
        "at_most" => with(left, right, |a, b| Some(a.min(b)), f64::min),
        "abs" => with(
            left,
            &Value::from(0),
            |a, _| a.checked_abs(),
            |a, _| a.abs(),
        ),
        "ceil" => rounded(number(left).ceil()),
        "floor" => rounded(number(left).floor()),
        "round" => round(left, right),
        _ => return Ok(None),
    };
    Ok(Some(made))
}

fn with(
    left: &Value,
    right: &Value,
    whole_numbers: fn(i64, i64) -> Option<i64>,
    floats: fn(f64, f64) -> f64,
) -> Value {
    let both = is_whole(left).zip(is_whole(right));
    match both.and_then(|(left, right)| whole_numbers(left, right)) {
        Some(made) => made.into(),
        None => floats(number(left), number(right)).into(),
    }
}

/// A whole number that is written as one. What is no number counts as 0.
fn is_whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) if text.contains('.') => None,
        Value::String(_) => whole(value).or_else(|| cut(number(value))),
        _ => Some(0),
    }
}

fn divides(value: &Value, at: &At<'_, '_>) -> Result<(), LiquidError> {
    if number(value) == 0.0 {
        return Err(at.fault("cannot divide by 0"));
    }
    Ok(())
}

/// Division that rounds down, as Ruby has it.
fn floored_quotient(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    let is_exact = left.checked_rem(right)? == 0;
    Some(if !is_exact && (left < 0) != (right < 0) {
        quotient - 1
    } else {
        quotient
    })
}

fn floored_rest(left: i64, right: i64) -> Option<i64> {
    left.checked_sub(floored_quotient(left, right)?.checked_mul(right)?)
}

fn rounded(number: f64) -> Value {
    cut(number).map_or_else(|| number.into(), Value::from)
}

fn round(left: &Value, digits: &Value) -> Value {
    let digits = whole(digits).unwrap_or(0).clamp(0, 15);
    if digits == 0 {
        return rounded(number(left).round());
    }
    let factor = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
    ((number(left) * factor).round() / factor).into()
}
