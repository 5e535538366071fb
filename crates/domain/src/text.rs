//! What every stored text has in common.

use std::borrow::Cow;

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
