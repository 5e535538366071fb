//! Reading the query of an address.

use super::{error::ApiError, problem::Problem};
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::ops::RangeInclusive;

/// How many items a page has unless asked otherwise.
const PAGE: i64 = 100;
/// How many items a page has at most.
pub const PAGE_MAX: i64 = 1000;

/// The parameters of the query, in their order. Parameters that nobody asks for are ignored.
pub struct Query(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Reading pairs of texts cannot fail; should it ever, the query is as good as empty.
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        Ok(Self(
            pairs
                .map(|axum::extract::Query(pairs)| pairs)
                .unwrap_or_default(),
        ))
    }
}

impl Query {
    /// The parameter of this name. Of several the last counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().rev().find(|(given, _)| given == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// The text of this name, which must be there.
    ///
    /// # Errors
    /// When it is not, or is longer than `max` characters.
    pub fn text(&self, name: &str, max: usize) -> Result<&str, ApiError> {
        let place = ("query", name);
        let value = self
            .get(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| Problem::missing(place, serde_json::Value::Null))?;
        if value.chars().count() > max {
            let msg = format!("String should have at most {max} characters");
            return Err(Problem::at(place, "string_too_long", msg, serde_json::Value::Null).into());
        }
        Ok(value.trim())
    }

    /// The page that is asked for: the cursor `after`, and the `limit`.
    ///
    /// # Errors
    /// When one of them is no number, or out of its range.
    pub fn page(&self) -> Result<(i64, usize), ApiError> {
        let after = self.integer("after", 0..=i64::MAX, 0)?;
        let limit = self.integer("limit", 1..=PAGE_MAX, PAGE)?;
        Ok((after, usize::try_from(limit).unwrap_or_default()))
    }

    /// The whole number of this name, or the default.
    ///
    /// # Errors
    /// When it is no number, or out of the range.
    pub fn integer(
        &self,
        name: &str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, ApiError> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        let problem =
            |kind: &str, msg: String| Problem::at(("query", name), kind, msg, text.into());
        let number: i64 = text.trim().parse().map_err(|_| {
            let msg = "Input should be a valid integer, unable to parse string as an integer";
            problem("int_parsing", msg.to_owned())
        })?;
        let (least, most) = (range.start(), range.end());
        if number < *least {
            let msg = format!("Input should be greater than or equal to {least}");
            return Err(problem("greater_than_equal", msg).into());
        }
        if number > *most {
            let msg = format!("Input should be less than or equal to {most}");
            return Err(problem("less_than_equal", msg).into());
        }
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn query(pairs: &[(&str, &str)]) -> Query {
        Query(
            pairs
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect(),
        )
    }

    fn problem<T: std::fmt::Debug>(result: Result<T, ApiError>) -> Value {
        match result {
            Err(ApiError::Invalid(problems)) => json!(problems)[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_read_or_refused() {
        assert_eq!(
            query(&[("after", "7")]).integer("after", 0..=9, 0).unwrap(),
            7
        );
        assert_eq!(query(&[]).integer("after", 0..=9, 3).unwrap(), 3);
        let refused = problem(query(&[("after", "x")]).integer("after", 0..=9, 0));
        assert_eq!(refused["loc"], json!(["query", "after"]));
        assert_eq!(
            (&refused["type"], &refused["input"]),
            (&json!("int_parsing"), &json!("x"))
        );
        let high = problem(query(&[("after", "10")]).integer("after", 0..=9, 0));
        assert_eq!(high["type"], "less_than_equal");
        let low = problem(query(&[("after", "-1")]).integer("after", 0..=9, 0));
        assert_eq!(low["type"], "greater_than_equal");
    }

    #[test]
    fn texts_must_be_there_and_not_too_long() {
        assert_eq!(query(&[("q", " cats ")]).text("q", 6).unwrap(), "cats");
        assert_eq!(
            problem(query(&[("q", " ")]).text("q", 4))["type"],
            "missing"
        );
        assert_eq!(
            problem(query(&[("q", "horse")]).text("q", 4))["type"],
            "string_too_long"
        );
        // Counted as it was sent, which is what the description speaks of.
        assert_eq!(
            problem(query(&[("q", "cats ")]).text("q", 4))["type"],
            "string_too_long"
        );
    }
}
