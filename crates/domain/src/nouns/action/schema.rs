//! JSON Schema 2020-12 of arguments and results. A schema comes from strangers, so it is bounded, reads
//! nothing from outside, and its patterns take linear time.

use crate::text::clip;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// The longest schema, in bytes of its JSON.
const LONGEST: usize = 64 << 10;
/// How many faults are told.
const FAULTS: usize = 10;
/// How much memory a pattern may take, in bytes.
const PATTERN: usize = 1 << 20;
/// The longest description of a fault, in bytes.
const WORDS: usize = 500;

fn compile(schema: &Value) -> Result<Validator, String> {
    if schema.to_string().len() > LONGEST {
        return Err(format!("may have at most {LONGEST} bytes"));
    }
    let patterns = PatternOptions::regex()
        .size_limit(PATTERN)
        .dfa_size_limit(PATTERN);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns)
        .build(schema)
        .map_err(|error| clip(format!("is no JSON Schema: {error}"), WORDS))
}

/// Whether this is a schema.
///
/// # Errors
/// In words, why not.
pub fn check(schema: &Value) -> Result<(), String> {
    compile(schema).map(drop)
}

/// Whether a value fits a schema.
///
/// # Errors
/// In words, what does not fit and where.
pub fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let validator = compile(schema)?;
    let faults: Vec<String> = validator
        .iter_errors(value)
        .take(FAULTS)
        .map(|fault| {
            let place = fault.instance_path().to_string();
            let place = if place.is_empty() { "/" } else { &place };
            clip(format!("{place}: {fault}"), WORDS)
        })
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let schema =
            json!({"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]});
        assert_eq!(fits(&schema, &json!({"to": "a"})), Ok(()));
        assert!(
            fits(&schema, &json!({"to": 1}))
                .unwrap_err()
                .starts_with("/to: ")
        );
        assert!(fits(&schema, &json!({})).unwrap_err().contains("to"));
    }

    #[test]
    fn a_schema_reads_nothing_and_is_bounded() {
        for bad in [
            json!({"type": 7}),
            json!({"$ref": "http://127.0.0.1/schema"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"pattern": "("}),
            json!({"pattern": "(a)\\1"}),
            json!({"description": "x".repeat(LONGEST)}),
        ] {
            assert!(check(&bad).is_err(), "{bad}");
        }
        let slow = json!({"pattern": "^(a+)+$"});
        let text = format!("{}b", "a".repeat(40_000));
        assert!(fits(&slow, &json!(text)).is_err());
    }
}
