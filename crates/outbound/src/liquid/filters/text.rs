//! Filters for text.

use super::At;
use crate::liquid::LiquidError;
use crate::liquid::budget::Budget;
use crate::liquid::compare::{text, whole};
use crate::liquid::render::{place, write};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;
use switchboard_domain::text::escape_html;

/// How large the machine of a pattern may become, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// What the filter makes of it; none if it is no filter for text.
pub(super) fn apply(input: &Value, at: &mut At<'_, '_>) -> Result<Option<Value>, LiquidError> {
    if at.filter == "slice" {
        return Ok(Some(slice(input, at)));
    }
    let given = text(input);
    let given = &*given;
    let made = match at.filter {
        "append" => joined(&[given, &text(at.argument(0))], at.budget)?,
        "prepend" => joined(&[&text(at.argument(0)), given], at.budget)?,
        "upcase" => given.to_uppercase(),
        "downcase" => given.to_lowercase(),
        "capitalize" => capitalized(given),
        "strip" | "trim" => given.trim().to_owned(),
        "lstrip" => given.trim_start().to_owned(),
        "rstrip" => given.trim_end().to_owned(),
        "strip_newlines" => given.replace(['\r', '\n'], ""),
        "newline_to_br" => given.replace("\r\n", "\n").replace('\n', "<br />\n"),
        "strip_html" => without_tags(given),
        "escape" | "h" => escape_html(given),
        "escape_once" => escape_html(&unescaped(given)),
        "unescape" => unescaped(given),
        "url_encode" | "uri_escape" => form_urlencoded::byte_serialize(given.as_bytes()).collect(),
        "url_decode" => decoded(given),
        "base64_encode" => BASE64_STANDARD.encode(given),
        "base64_decode" => {
            let bytes = BASE64_STANDARD.decode(given).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            text.ok_or_else(|| at.fault("was given no text in Base64"))?
        }
        "truncate" => truncated(given, at),
        "truncatewords" => truncated_words(given, at),
        "replace" | "remove" => replaced(given, usize::MAX, at)?,
        "replace_first" | "remove_first" => replaced(given, 1, at)?,
        "replace_last" | "remove_last" => replaced_last(given, at)?,
        "regex_replace" => by_pattern(given, usize::MAX, at)?,
        "regex_replace_first" => by_pattern(given, 1, at)?,
        _ => return Ok(None),
    };
    at.budget.bytes(made.len())?;
    Ok(Some(made.into()))
}

fn joined(parts: &[&str], budget: &mut Budget) -> Result<String, LiquidError> {
    let mut all = String::new();
    for part in parts {
        write(&mut all, part, budget)?;
    }
    Ok(all)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first
        .into_iter()
        .flatten()
        .chain(chars.flat_map(char::to_lowercase))
        .collect()
}

/// The text with the entities that XML knows, and those by number, made characters again.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let read = end.and_then(|end| Some((entity(&rest[1..end])?, end + 1)));
        let (c, length) = read.unwrap_or(('&', 1));
        plain.push(c);
        rest = &rest[length..];
    }
    plain + rest
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    })
}

fn decoded(text: &str) -> String {
    let pair = format!("={}", text.replace('&', "%26"));
    let first = form_urlencoded::parse(pair.as_bytes()).next();
    first.map_or_else(String::new, |(_, value)| value.into_owned())
}

/// The text without what stands between angle brackets, and without scripts, styles and comments.
fn without_tags(text: &str) -> String {
    const BLOCKS: [(&str, &str); 3] = [
        ("<script", "</script>"),
        ("<style", "</style>"),
        ("<!--", "-->"),
    ];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let block = BLOCKS.iter().find(|(start, _)| {
            rest.get(..start.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(start))
        });
        let end = match block {
            Some((_, end)) => rest.to_ascii_lowercase().find(end).map(|at| at + end.len()),
            None => rest.find('>').map(|at| at + 1),
        };
        let Some(end) = end else { break };
        rest = &rest[end..];
    }
    plain + rest
}

fn slice(input: &Value, at: &At<'_, '_>) -> Value {
    let from = whole(at.argument(0)).unwrap_or(0);
    let length = whole(at.argument(1)).unwrap_or(1).max(0);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if let Value::Array(list) = input {
        let start = place(from, list.len()).unwrap_or(list.len());
        return list.iter().skip(start).take(length).cloned().collect();
    }
    let all = text(input);
    let start = place(from, all.chars().count()).unwrap_or(usize::MAX);
    all.chars()
        .skip(start)
        .take(length)
        .collect::<String>()
        .into()
}

fn truncated(text_given: &str, at: &At<'_, '_>) -> String {
    let length = whole(at.argument(0)).unwrap_or(50).max(0);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let end = at.arguments.get(1).map_or("...".into(), |end| text(end));
    if text_given.chars().count() <= length {
        return text_given.to_owned();
    }
    let kept = length.saturating_sub(end.chars().count());
    text_given.chars().take(kept).chain(end.chars()).collect()
}

fn truncated_words(given: &str, at: &At<'_, '_>) -> String {
    let count = usize::try_from(whole(at.argument(0)).unwrap_or(15).max(1)).unwrap_or(usize::MAX);
    let end = at.arguments.get(1).map_or("...".into(), |end| text(end));
    let words: Vec<&str> = given.split_whitespace().collect();
    if words.len() <= count {
        return given.to_owned();
    }
    words[..count].join(" ") + &*end
}

fn replaced(given: &str, count: usize, at: &mut At<'_, '_>) -> Result<String, LiquidError> {
    let (search, by) = (text(at.argument(0)), text(at.argument(1)));
    if search.is_empty() {
        return Ok(given.to_owned());
    }
    let mut made = String::new();
    let mut from = 0;
    for (start, found) in given.match_indices(&*search).take(count) {
        write(&mut made, &given[from..start], at.budget)?;
        write(&mut made, &by, at.budget)?;
        from = start + found.len();
    }
    write(&mut made, &given[from..], at.budget)?;
    Ok(made)
}

fn replaced_last(given: &str, at: &mut At<'_, '_>) -> Result<String, LiquidError> {
    let (search, by) = (text(at.argument(0)), text(at.argument(1)));
    match given.rfind(&*search).filter(|_| !search.is_empty()) {
        Some(start) => {
            let end = start + search.len();
            joined(&[&given[..start], &by, &given[end..]], at.budget)
        }
        None => Ok(given.to_owned()),
    }
}

/// A pattern that matches in linear time, whatever it says.
pub(crate) fn pattern(text: &str, ignore_case: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .case_insensitive(ignore_case)
        .size_limit(LARGEST_PATTERN)
        .build()
}

fn by_pattern(given: &str, count: usize, at: &mut At<'_, '_>) -> Result<String, LiquidError> {
    let (search, by) = (text(at.argument(0)), text(at.argument(1)));
    // Reading a pattern is work, too.
    at.budget.steps(1000)?;
    let search =
        pattern(&search, false).map_err(|_| at.fault("has a pattern that cannot be read"))?;
    let mut made = String::new();
    let mut from = 0;
    for found in search.captures_iter(given).take(count) {
        let all = found.get_match();
        write(&mut made, &given[from..all.start()], at.budget)?;
        expand(&found, &by, &mut made, at.budget)?;
        from = all.end();
    }
    write(&mut made, &given[from..], at.budget)?;
    Ok(made)
}

/// Writes a replacement with what was found in the place of `\0` to `\9` and `\k<name>`.
fn expand(
    found: &Captures<'_>,
    by: &str,
    made: &mut String,
    budget: &mut Budget,
) -> Result<(), LiquidError> {
    let mut rest = by;
    while let Some(at) = rest.find('\\') {
        write(made, &rest[..at], budget)?;
        rest = &rest[at + 1..];
        let Some(next) = rest.chars().next() else {
            return write(made, "\\", budget);
        };
        let name = rest
            .strip_prefix("k<")
            .and_then(|name| name.split_once('>'));
        if let Some((name, behind)) = name {
            write(
                made,
                found.name(name).map_or("", |part| part.as_str()),
                budget,
            )?;
            rest = behind;
            continue;
        }
        rest = &rest[next.len_utf8()..];
        let part = next.to_digit(10).or((next == '&').then_some(0));
        let part = part.and_then(|number| usize::try_from(number).ok());
        match (part, next) {
            (Some(number), _) => {
                write(
                    made,
                    found.get(number).map_or("", |part| part.as_str()),
                    budget,
                )?;
            }
            (None, 'n') => write(made, "\n", budget)?,
            (None, 't') => write(made, "\t", budget)?,
            (None, other) => write(made, other.encode_utf8(&mut [0; 4]), budget)?,
        }
    }
    write(made, rest, budget)
}
