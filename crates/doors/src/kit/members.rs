//! Objects in JSON, told apart from lists.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};

/// A struct that is written as an object. By itself serde takes a list for a struct as well, with the
/// members in their order: a body, and every struct within a body, is read through this.
pub struct Members<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByName(PhantomData))
    }
}

struct ByName<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ByName<T> {
    type Value = Members<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Point {
        x: i64,
        y: Option<i64>,
    }

    fn read(text: &str) -> Result<(i64, Option<i64>), String> {
        serde_json::from_str(text)
            .map(|Members(Point { x, y })| (x, y))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_read_by_the_names_of_its_members() {
        assert_eq!(read(r#"{"y": 2, "z": [], "x": 1}"#), Ok((1, Some(2))));
        assert_eq!(read(r#"{"x": 1}"#), Ok((1, None)));
        assert!(read("{}").unwrap_err().starts_with("missing field `x`"));
    }

    #[test]
    fn nothing_else_is_an_object() {
        for other in ["[1, 2]", "[]", "1", "\"x\"", "null"] {
            let error = read(other).unwrap_err();
            assert!(error.contains(", expected an object"), "{error}");
        }
    }
}
