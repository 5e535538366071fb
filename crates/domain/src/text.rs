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
