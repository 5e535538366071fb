//! What every stored text has in common.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text without U+0000, which PostgreSQL cannot store; each is replaced by U+FFFD.
///
/// Both stores get the same text, so a conversation reads the same on either.
pub fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text, cut to at most `max` bytes at the end of a character.
pub fn clip(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
    }
    text
}

/// Bytes in hexadecimal digits, small ones.
pub fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A text as HTML has it, wherever it came from.
pub fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_never_cuts_a_character() {
        assert_eq!(clip("añb".to_owned(), 2), "a");
        assert_eq!(clip("añb".to_owned(), 3), "añ");
        assert_eq!(clip("añb".to_owned(), 9), "añb");
    }
}
