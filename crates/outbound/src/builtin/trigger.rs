//! Lets a message through, or tells of it, if it fits rules.

use super::options::{Faults, Options, is_set, text};
use super::path::Path;
use super::run::{Run, emits, permanent};
use super::{About, Builtin};
use crate::liquid;
use async_trait::async_trait;
use regex::Regex;
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct Trigger;

const DESCRIPTION: &str = "\
Looks at each message that it receives and emits one if the message fits its rules.

* `rules`: a list of objects with `path`, `type` and `value`. `path` leads to a value in the payload \
(`topkey.subkey`, `list[0].name`, `list[*].name`, `$..name`, or `.` for all of it). `type` is one of
    * `regex`, `!regex`: the value matches the pattern, or does not. Case does not matter unless the pattern \
begins with `(?-i)`. Patterns have no look-around and no back-references, so none takes long.
    * `field<value`, `field<=value`, `field>value`, `field>=value`: compared as numbers.
    * `field==value`, `field!=value`, `not in`: compared as text.

    `value` may be a list, of which one must fit; for `not in`, none.
* `must_match`: how many rules must fit. All of them, if it is not given.
* `message`: what the emitted message says, a template.
* `keep_message`: `true` emits the message that was received, with `message` added if there is one.

The rules, too, may be templates.";

const TYPES: [&str; 9] = [
    "regex",
    "!regex",
    "field<value",
    "field<=value",
    "field==value",
    "field!=value",
    "field>=value",
    "field>value",
    "not in",
];

#[async_trait]
impl Builtin for Trigger {
    fn about(&self) -> About {
        About {
            name: "TriggerAgent",
            display_name: "Trigger Agent",
            description: DESCRIPTION,
            default_options: || {
                json!({
                    "expected_receive_period_in_days": "2",
                    "keep_message": "false",
                    "rules": [{"type": "regex", "value": "foo\\d+bar", "path": "topkey.subkey.goal"}],
                    "message": "Found a match in '{{topkey.subkey.goal}}'.",
                })
            },
            default_schedule: "never",
            can_check: false,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        faults.flag(options, "keep_message");
        let rules = options.list("rules");
        if rules.is_empty() {
            faults.of(options, "rules", "must be a list of at least one rule");
        }
        for (at, rule) in rules.iter().enumerate() {
            check_rule(at, rule, faults);
        }
        let may_keep = options.is_on("keep_message") || options.is_template("keep_message");
        if !options.is_set("message") && !may_keep {
            faults.of(
                options,
                "message",
                "is required, unless keep_message is true",
            );
        }
        if options.is_set("must_match") && !options.is_template("must_match") {
            let count = options
                .whole("must_match")
                .and_then(|count| usize::try_from(count).ok());
            if !count.is_some_and(|count| (1..=rules.len()).contains(&count)) {
                faults.of(
                    options,
                    "must_match",
                    "must be between 1 and the number of rules",
                );
            }
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let payload = run.payload();
        let value = Value::Object(payload.clone());
        let rules = run.filled("rules")?;
        let rules = rules.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut fitting = 0;
        for rule in rules {
            fitting += usize::from(Rule::read(rule).map_err(permanent)?.fits(&value));
        }
        let wanted = text(&run.filled("must_match")?)
            .trim()
            .parse()
            .unwrap_or(rules.len());
        if fitting < wanted {
            return Ok(Outcome::default());
        }
        let message = run.filled("message")?;
        if text(&run.filled("keep_message")?) != "true" {
            return Ok(emits(Object::from_iter([("message".to_owned(), message)])));
        }
        let mut kept = payload;
        if is_set(&message) {
            kept.insert("message".into(), message);
        }
        Ok(emits(kept))
    }
}

fn check_rule(at: usize, rule: &Value, faults: &mut Faults) {
    let at = at.to_string();
    for member in ["path", "type", "value"] {
        if !rule.get(member).is_some_and(is_set) {
            faults.add(&["rules", &at, member], "is required", &Value::Null);
            return;
        }
    }
    let is_known_later = liquid::is_template(&rule.to_string());
    if let (false, Err(reason)) = (is_known_later, Rule::read(rule)) {
        faults.add(&["rules", &at], reason, rule);
    }
}

/// A rule that was read.
struct Rule {
    path: Path,
    test: Test,
}

enum Test {
    Matches(Vec<Regex>),
    MatchesNot(Vec<Regex>),
    Number(Vec<f64>, fn(&f64, &f64) -> bool),
    In(Vec<String>),
    NotEqual(Vec<String>),
    NotIn(Vec<String>),
}

impl Rule {
    fn read(rule: &Value) -> Result<Self, String> {
        let member = |name: &str| rule.get(name).unwrap_or(&Value::Null);
        let path = Path::parse(&text(member("path"))).map_err(|bad| format!("path {bad}"))?;
        let values: Vec<String> = match member("value") {
            Value::Array(list) => list.iter().map(text).collect(),
            one => vec![text(one)],
        };
        let numbers = || {
            values
                .iter()
                .map(|value| liquid::number_of(value))
                .collect()
        };
        let test = match &*text(member("type")) {
            "regex" => Test::Matches(patterns(&values)?),
            "!regex" => Test::MatchesNot(patterns(&values)?),
            "field<value" => Test::Number(numbers(), f64::lt),
            "field<=value" => Test::Number(numbers(), f64::le),
            "field>value" => Test::Number(numbers(), f64::gt),
            "field>=value" => Test::Number(numbers(), f64::ge),
            "field==value" => Test::In(values),
            "field!=value" => Test::NotEqual(values),
            "not in" => Test::NotIn(values),
            _ => return Err(format!("type must be one of {}", TYPES.join(", "))),
        };
        Ok(Self { path, test })
    }

    fn fits(&self, payload: &Value) -> bool {
        let found = self.path.find(payload).map(text).unwrap_or_default();
        match &self.test {
            Test::Matches(patterns) => patterns.iter().any(|pattern| pattern.is_match(&found)),
            Test::MatchesNot(patterns) => patterns.iter().any(|pattern| !pattern.is_match(&found)),
            Test::Number(values, compare) => {
                let number = liquid::number_of(&found);
                values.iter().any(|value| compare(&number, value))
            }
            Test::In(values) => values.contains(&found),
            Test::NotEqual(values) => values.iter().any(|value| *value != found),
            Test::NotIn(values) => !values.contains(&found),
        }
    }
}

fn patterns(texts: &[String]) -> Result<Vec<Regex>, String> {
    let read = |text: &String| liquid::pattern(text, true);
    let all: Result<Vec<Regex>, _> = texts.iter().map(read).collect();
    all.map_err(|_| {
        "value is no pattern that can be used: there is no look-around and no back-reference".into()
    })
}
