//! Values as XML.

use super::options::text;
use serde_json::Value;
use switchboard_domain::nouns::Object;

/// A document with one element at its root; none if no element can have this name.
pub(super) fn document(root: &str, value: &Value) -> Option<String> {
    is_name(root).then(|| {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        element(&mut xml, root, value);
        xml
    })
}

/// An element of this name. An object has an element for each member, a list one for each value; what
/// stands under `_attributes` becomes attributes, and `_contents` what is in the element. A name that
/// no element can have is left out, with all that is in it.
pub(super) fn element(xml: &mut String, name: &str, value: &Value) {
    if !is_name(name) {
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|value| element(xml, name, value)),
        Value::Object(members) => {
            open(xml, name, members);
            match members.get("_contents") {
                Some(contents) => inside(xml, contents),
                None => inside(xml, value),
            }
            close(xml, name);
        }
        other => {
            open(xml, name, &Object::new());
            inside(xml, other);
            close(xml, name);
        }
    }
}

fn open(xml: &mut String, name: &str, members: &Object) {
    xml.push('<');
    xml.push_str(name);
    if let Some(Value::Object(attributes)) = members.get("_attributes") {
        for (name, value) in attributes.iter().filter(|(name, _)| is_name(name)) {
            xml.extend([" ", name, "=\"", &escaped(&text(value)), "\""]);
        }
    }
    xml.push('>');
}

fn close(xml: &mut String, name: &str) {
    xml.push_str("</");
    xml.push_str(name);
    xml.push('>');
}

fn inside(xml: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "_attributes");
            members.for_each(|(name, value)| element(xml, name, value));
        }
        other => xml.push_str(&escaped(&text(other))),
    }
}

/// The text without what XML means by it, and without characters that XML cannot have (XML 1.0 §2.2).
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Whether an element can have this name, with a prefix or without (XML 1.0 §2.3, in ASCII).
fn is_name(name: &str) -> bool {
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let parts: Vec<&str> = name.split(':').collect();
    parts.len() <= 2
        && parts.iter().all(|part| {
            starts(part)
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_elements() {
        let value = json!({
            "a": "<&>", "b": [1, {"c": null}], "no name": 1, "x:y": true, "d": {"_attributes": {"k": "\"", "1": 2}},
            "e": {"_attributes": {}, "_contents": {"f": "\u{1}"}},
        });
        assert_eq!(
            document("post", &value).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<post><a>&lt;&amp;&gt;</a><b>1</b><b><c></c></b>\
             <x:y>true</x:y><d k=\"&quot;\"></d><e><f>\u{fffd}</f></e></post>"
        );
        assert_eq!(document("a b", &value), None);
    }
}
