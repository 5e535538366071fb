//! Making text harmless for a terminal: what an agent says must not move the cursor, change the title,
//! fill the clipboard or look like something else.

use std::borrow::Cow;

/// The text with a visible sign in place of every character that a terminal would obey. Line breaks and
/// tabs stay. Each character is judged by itself, so pieces of a text may be treated one by one.
pub fn text(text: &str) -> Cow<'_, str> {
    replace(text, |c| matches!(c, '\n' | '\t'))
}

/// The same for what has to stay on one line.
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, |_| false)
}

fn replace(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(|c| stays(c) || sign(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let harmless = |c| {
        if stays(c) { c } else { sign(c).unwrap_or(c) }
    };
    Cow::Owned(text.chars().map(harmless).collect())
}

/// What is shown in place of a character; none for a character that does no harm.
fn sign(c: char) -> Option<char> {
    match c {
        // There is a picture of each of the old control characters.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)),
        '\x7f' => Some('\u{2421}'),
        // The newer control characters, and those that turn the direction of writing.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => Some(char::REPLACEMENT_CHARACTER),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(text("\x1b[31mred\x1b[0m"), "␛[31mred␛[0m");
        assert_eq!(text("\x1b]52;c;aGk=\x07"), "␛]52;c;aGk=␇");
        assert_eq!(text("good\rbad\x08\x7f"), "good␍bad␈␡");
        assert_eq!(
            text("\u{9b}2J\u{9d}0;title\u{9c}"),
            "\u{fffd}2J\u{fffd}0;title\u{fffd}"
        );
        assert_eq!(text("a\u{202e}b\u{2066}c"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let ordinary = "Grüße,\n\t日本語 👩‍👩‍👧 — `code` \u{301}";
        assert!(matches!(text(ordinary), Cow::Borrowed(same) if same == ordinary));
        assert_eq!(line("two\nlines\t"), "two␊lines␉");
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_comes_through(given in "[\\PC\\x00-\\x9f\u{2028}-\u{202e}]{0,60}") {
            let safe = text(&given);
            prop_assert!(safe.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert!(!line(&given).contains(char::is_control));
            prop_assert_eq!(safe.chars().count(), given.chars().count());
            let again = text(&safe);
            prop_assert_eq!(&*again, &*safe);
        }

        #[test]
        fn pieces_may_be_treated_one_by_one(given: String, at: prop::sample::Index) {
            let cut = given.char_indices().map(|(at, _)| at).chain([given.len()]);
            let cut: Vec<usize> = cut.collect();
            let (left, right) = given.split_at(cut[at.index(cut.len())]);
            prop_assert_eq!(format!("{}{}", text(left), text(right)), &*text(&given));
        }
    }
}
