//! JSON that means one thing: I-JSON (RFC 7493) as it comes, and its canonical form (RFC 8785).

use crate::{nouns::Object, text::hex};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};
use sha2::{Digest, Sha256};
use std::fmt;

/// Integers beyond this (2^53 − 1) are not the same number for every reader (RFC 7493 §2.2).
const SAFE: i64 = (1 << 53) - 1;

/// A value that was read as I-JSON: no name twice in an object, no integer that some readers would
/// round.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IJson(pub Value);

impl<'de> Deserialize<'de> for IJson {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if (-SAFE..=SAFE).contains(&value) {
            return Ok(value.into());
        }
        Err(E::custom(format!(
            "the integer {value} is beyond 2^53; send it as text"
        )))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // An integer too long for 64 bits comes as a fraction.
        let is_rounded = value.fract() == 0.0 && value.abs() >= 9_007_199_254_740_992.0;
        match Number::from_f64(value).filter(|_| !is_rounded) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(E::custom(format!(
                "the number {value} is beyond 2^53; send it as text"
            ))),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(IJson(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some((name, IJson(value))) = members.next_entry::<String, IJson>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the name {name:?} stands twice")));
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

/// An object that was parsed by somebody else, if it is I-JSON as far as can still be told.
///
/// # Errors
/// In words, what is not.
pub fn check(object: &Object) -> Result<(), String> {
    let value = Value::Object(object.clone());
    IJson::deserialize(value)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// The canonical text (RFC 8785).
///
/// # Errors
/// In words, when the value cannot be written as JSON.
pub fn canonical(value: &impl Serialize) -> Result<Vec<u8>, String> {
    serde_json_canonicalizer::to_vec(value).map_err(|error| error.to_string())
}

/// `sha-256:` and the hash of the canonical text, in hexadecimal digits.
///
/// # Errors
/// As [`canonical`].
pub fn digest(value: &impl Serialize) -> Result<String, String> {
    Ok(format!(
        "sha-256:{}",
        hex(Sha256::digest(canonical(value)?))
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Value, String> {
        serde_json::from_str(text)
            .map(|IJson(value)| value)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn names_stand_once_and_integers_are_exact() {
        assert!(
            read(r#"{"a": {"b": 1, "b": 1}}"#)
                .unwrap_err()
                .contains("twice")
        );
        assert!(
            read(r#"{"a": 1, "\u0061": 2}"#)
                .unwrap_err()
                .contains("twice")
        );
        for long in [
            "9007199254740992",
            "-9007199254740992",
            "1e300",
            "98765432109876543210",
        ] {
            assert!(
                read(&format!("[{long}]")).unwrap_err().contains("2^53"),
                "{long}"
            );
        }
        assert_eq!(read("9007199254740991"), Ok(Value::from(SAFE)));
        assert_eq!(
            read("[1.5, -0.0, null]"),
            Ok(serde_json::json!([1.5, -0.0, null]))
        );
    }

    #[test]
    fn the_order_of_members_and_the_way_of_writing_do_not_count() {
        let (a, b) = (r#"{"b": 1.0, "a": "é\/"}"#, r#"{"a":"\u00e9/","b":1}"#);
        let of = |text| digest(&read(text).unwrap()).unwrap();
        assert_eq!(of(a), of(b));
        // RFC 8785 §3.2.3: members are sorted by UTF-16.
        let sorted = canonical(&serde_json::json!({"\u{fb33}": 1, "\u{1f600}": 2, "\r": 3}));
        let text = String::from_utf8(sorted.unwrap()).unwrap();
        assert_eq!(text, "{\"\\r\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    proptest! {
        #[test]
        fn nothing_panics(text in any::<String>()) {
            let _ = read(&text);
        }

        #[test]
        fn what_is_canonical_stays_so(number in any::<f64>(), name in any::<String>()) {
            let value = serde_json::json!({name: number});
            let once = canonical(&value).unwrap();
            if let Ok(again) = read(std::str::from_utf8(&once).unwrap()) {
                prop_assert_eq!(canonical(&again).unwrap(), once);
            }
        }
    }
}
