//! Times, written as one likes.

use super::At;
use crate::liquid::LiquidError;
use crate::liquid::compare::{text, whole};
use jiff::civil::Time;
use jiff::fmt::{rfc2822, strtime, temporal};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde_json::Value;
use std::borrow::Cow;

/// No format is longer, in bytes.
const LONGEST: usize = 256;

/// A time in the format that the argument says, as `strftime` has it. What is no time stays as it is.
pub(super) fn apply<'a>(
    input: Cow<'a, Value>,
    at: &At<'a, '_>,
) -> Result<Cow<'a, Value>, LiquidError> {
    let format = text(at.argument(0));
    if format.is_empty() {
        return Ok(input);
    }
    if format.len() > LONGEST {
        return Err(at.fault("has a format that is too long"));
    }
    let Some(time) = time(&input, at.now) else {
        return Ok(input);
    };
    let written = strtime::format(format.as_bytes(), &time)
        .map_err(|_| at.fault("has a format that cannot be read"))?;
    Ok(Cow::Owned(written.into()))
}

fn time(value: &Value, now: switchboard_domain::Timestamp) -> Option<Zoned> {
    let utc = |seconds| {
        Some(
            Timestamp::from_second(seconds)
                .ok()?
                .to_zoned(TimeZone::UTC),
        )
    };
    match value {
        Value::Number(_) => utc(whole(value)?),
        Value::String(text) => match text.trim() {
            "now" | "today" => utc(now.as_seconds()),
            text => written(text).or_else(|| utc(text.parse().ok()?)),
        },
        _ => None,
    }
}

/// A time as RFC 3339 or RFC 2822 writes it, or a date alone. Without a zone it is UTC.
pub(crate) fn written(text: &str) -> Option<Zoned> {
    if let Ok(time) = rfc2822::parse(text) {
        return Some(time);
    }
    let pieces = temporal::Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    let time = pieces
        .date()
        .to_datetime(pieces.time().unwrap_or(Time::midnight()));
    time.to_zoned(TimeZone::fixed(offset)).ok()
}
