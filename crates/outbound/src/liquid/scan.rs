//! From text to pieces, and from the inside of a tag to words.

use super::LiquidError;

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// What stands within `{{` and `}}`.
    Output(&'a str),
    /// What stands within `{%` and `%}`.
    Tag(&'a str),
}

/// A word within a tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word<'a> {
    Name(&'a str),
    Text(&'a str),
    Whole(i64),
    Float(f64),
    Sign(&'static str),
}

/// The signs, longer ones first.
const SIGNS: [&str; 17] = [
    "==", "!=", "<>", "<=", ">=", "..", "<", ">", "|", ":", ",", ".", "[", "]", "(", ")", "=",
];

/// Reads a template from its start to its end.
pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// Whether the tag before takes the space behind it away.
    trims: bool,
}

impl<'a> Pieces<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            trims: false,
        }
    }

    /// The next piece.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'a>>, LiquidError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let start = ["{{", "{%"]
            .iter()
            .filter_map(|mark| self.rest.find(mark))
            .min();
        let Some(start) = start else {
            return Ok(Some(self.text(self.rest.len())));
        };
        if start > 0 {
            return Ok(Some(self.text(start)));
        }
        let is_output = self.rest.starts_with("{{");
        let mark = if is_output { "}}" } else { "%}" };
        let Some(end) = self.rest[2..].find(mark) else {
            return Err(syntax(format!("{mark} is missing")));
        };
        let inside = &self.rest[2..2 + end];
        self.rest = &self.rest[2 + end + 2..];
        self.trims = inside.ends_with('-');
        let inside = inside.strip_prefix('-').unwrap_or(inside);
        let inside = inside.strip_suffix('-').unwrap_or(inside).trim();
        Ok(Some(if is_output {
            Piece::Output(inside)
        } else {
            Piece::Tag(inside)
        }))
    }

    fn text(&mut self, end: usize) -> Piece<'a> {
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let mut text = text;
        if std::mem::take(&mut self.trims) {
            text = text.trim_start();
        }
        if rest.starts_with("{{-") || rest.starts_with("{%-") {
            text = text.trim_end();
        }
        Piece::Text(text)
    }

    /// All up to the tag that ends a block whose inside is not Liquid.
    pub(super) fn verbatim(&mut self, end: &str) -> Result<&'a str, LiquidError> {
        let before = self.rest;
        let mut from = 0;
        while let Some(at) = before[from..].find("{%") {
            let start = from + at;
            let inside = &before[start + 2..];
            let Some(length) = inside.find("%}") else {
                break;
            };
            if inside[..length].trim_matches('-').trim() == end {
                self.rest = &inside[length + 2..];
                self.trims = inside[..length].ends_with('-');
                return Ok(&before[..start]);
            }
            from = start + 2;
        }
        Err(syntax(format!("{end} is missing")))
    }
}

/// The words within a tag.
pub(super) fn words(inside: &str) -> Result<Vec<Word<'_>>, LiquidError> {
    let mut words = Vec::new();
    let mut rest = inside.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if let quote @ ('"' | '\'') = first {
            let end = rest[1..]
                .find(quote)
                .ok_or_else(|| syntax("a quote is missing"))?;
            words.push(Word::Text(&rest[1..=end]));
            end + 2
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-?".contains(c)));
            let end = end.unwrap_or(rest.len());
            words.push(Word::Name(&rest[..end]));
            end
        } else if let Some((word, length)) = number(rest) {
            words.push(word);
            length
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| syntax(format!("{first:?} stands where it cannot")))?;
            words.push(Word::Sign(sign));
            sign.len()
        };
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// A number at the start, and how long it is. The two dots of a range do not belong to it.
fn number(text: &str) -> Option<(Word<'_>, usize)> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    if whole == 0 {
        return None;
    }
    let sign = text.len() - unsigned.len();
    let fraction = unsigned[whole..].strip_prefix('.').map_or(0, digits);
    if fraction > 0 {
        let length = sign + whole + 1 + fraction;
        return Some((Word::Float(text[..length].parse().ok()?), length));
    }
    let length = sign + whole;
    Some((Word::Whole(text[..length].parse().ok()?), length))
}

pub(super) fn syntax(reason: impl Into<String>) -> LiquidError {
    LiquidError::Syntax(reason.into())
}
