//! Paths into payloads: names divided by dots, as `JSONPath` has them (`a.b`, `a[0].b`, `$['a b']`,
//! `a[*].b`, `$..b`), and `.` for all of it.

use serde_json::Value;

/// A path that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a path such as topkey.subkey, list[0].name, list[*].name or $..name")]
pub(super) struct BadPath;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    At(i64),
    All,
    /// The value and all that is in it, at any depth.
    Below,
}

/// A path that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    pub(super) fn parse(text: &str) -> Result<Self, BadPath> {
        let mut rest = text.trim();
        rest = rest.strip_prefix('$').unwrap_or(rest);
        let mut steps = Vec::new();
        if rest == "." {
            return Ok(Self(steps));
        }
        while !rest.is_empty() {
            if let Some(behind) = rest.strip_prefix("..") {
                // Twice would look at parts again and again.
                if steps.contains(&Step::Below) {
                    return Err(BadPath);
                }
                steps.push(Step::Below);
                rest = behind;
                if !rest.starts_with('[') {
                    rest = name(rest, &mut steps)?;
                }
            } else if let Some(inside) = rest.strip_prefix('[') {
                rest = bracket(inside, &mut steps)?;
            } else {
                rest = name(rest.strip_prefix('.').unwrap_or(rest), &mut steps)?;
            }
        }
        if steps.is_empty() {
            Err(BadPath)
        } else {
            Ok(Self(steps))
        }
    }

    /// The first value that the path leads to.
    pub(super) fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        find(value, &self.0)
    }
}

fn name<'a>(text: &'a str, steps: &mut Vec<Step>) -> Result<&'a str, BadPath> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    steps.push(match name.trim() {
        "" => return Err(BadPath),
        "*" => Step::All,
        name => Step::Member(name.to_owned()),
    });
    Ok(rest)
}

/// Reads what follows an opening bracket, and the closing one.
fn bracket<'a>(inside: &'a str, steps: &mut Vec<Step>) -> Result<&'a str, BadPath> {
    if let Some(quote) = inside.chars().next().filter(|c| ['\'', '"'].contains(c)) {
        let (name, rest) = inside[1..].split_once(quote).ok_or(BadPath)?;
        steps.push(Step::Member(name.to_owned()));
        return rest.strip_prefix(']').ok_or(BadPath);
    }
    let (inner, rest) = inside.split_once(']').ok_or(BadPath)?;
    steps.push(match inner.trim() {
        "*" => Step::All,
        number => Step::At(number.parse().map_err(|_| BadPath)?),
    });
    Ok(rest)
}

fn find<'v>(value: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    let Some((step, rest)) = steps.split_first() else {
        return Some(value);
    };
    match step {
        Step::Member(name) => match value {
            // A number in a path of names means the place in a list.
            Value::Array(list) => find(list.get(name.parse::<usize>().ok()?)?, rest),
            other => find(other.get(name)?, rest),
        },
        Step::At(at) => {
            let list = value.as_array()?;
            let length = i64::try_from(list.len()).ok()?;
            let at = if *at < 0 {
                at.checked_add(length)?
            } else {
                *at
            };
            find(list.get(usize::try_from(at).ok()?)?, rest)
        }
        Step::All => parts(value).find_map(|part| find(part, rest)),
        Step::Below => {
            find(value, rest).or_else(|| parts(value).find_map(|part| find(part, steps)))
        }
    }
}

fn parts(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(list) => Box::new(list.iter()),
        Value::Object(object) => Box::new(object.values()),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_the_first_value() {
        let value = json!({"a": {"b": [{"c": 1}, {"c": 2, "d": 3}], "x y": 4}, "e": null});
        for (path, wanted) in [
            (".", Some(value.clone())),
            ("$", None),
            ("a.b[1].c", Some(json!(2))),
            ("$.a.b[-1].d", Some(json!(3))),
            ("a.b.0.c", Some(json!(1))),
            ("$['a']['x y']", Some(json!(4))),
            ("a[\"x y\"]", Some(json!(4))),
            ("a.b[*].d", Some(json!(3))),
            ("$..d", Some(json!(3))),
            ("..c", Some(json!(1))),
            ("a.*[0].c", Some(json!(1))),
            ("e", Some(json!(null))),
            ("e.f", Some(json!("none"))),
            ("a.b[9]", Some(json!("none"))),
            ("missing", Some(json!("none"))),
        ] {
            match (Path::parse(path), wanted) {
                (Ok(read), Some(wanted)) => {
                    let found = read.find(&value).cloned().unwrap_or(json!("none"));
                    assert_eq!(found, wanted, "{path}");
                }
                (read, wanted) => assert!(read.is_err() && wanted.is_none(), "{path}"),
            }
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            "", " ", "a..", "a.[", "a[", "a[x]", "a['b]", "a['b'", "..a..b", "a...b",
        ] {
            assert_eq!(Path::parse(path), Err(BadPath), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_makes_it_panic(path in "[a-c0-9.*$\\[\\]'\"-]{0,20}") {
            let value = json!({"a": {"b": [1, {"c": [[]]}]}, "b": "text"});
            if let Ok(path) = Path::parse(&path) {
                path.find(&value);
            }
        }
    }
}
