//! Makes a new message of one that it received.

use super::options::{Faults, Options, text};
use super::run::{Run, emits, permanent};
use super::{About, Builtin};
use crate::liquid;
use async_trait::async_trait;
use regex::Regex;
use serde_json::{Value, json};
use switchboard_domain::nouns::{Object, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct MessageFormatting;

const DESCRIPTION: &str = "\
Emits a message for each that it receives, with the members that you ask for.

* `instructions`: an object; its values are templates in [Liquid](https://shopify.github.io/liquid/). \
`{{conditions}}` stands for the member `conditions` of the message, `{{high.celsius}}` for a member of a member, \
`{{created_at}}` for the time of the message: `{{created_at | date: \"%H:%M\"}}`. `{{list | as_object}}` hands \
something on as it is, and not as text. `{% credential name %}` is a credential that the agent was granted.
* `mode`: `clean` emits only what `instructions` makes, `merge` adds it to what was received.
* `matchers`: a list of objects with `path` (a template), `regexp`, and `to`. What the pattern finds in the text \
can be used in `instructions`: `{{to.0}}` is all that was found, `{{to.1}}` the first group, `{{to.name}}` the group \
`(?<name>…)`; without `to` they stand beside the members of the message.

Templates and what they make may have up to 64 KiB and 1 MiB; files cannot be included.";

#[async_trait]
impl Builtin for MessageFormatting {
    fn about(&self) -> About {
        About {
            name: "MessageFormattingAgent",
            display_name: "Message Formatting Agent",
            description: DESCRIPTION,
            default_options: || {
                json!({
                    "instructions": {
                        "message": "You received a text {{text}} from {{fields.from}}",
                        "some_other_field": "Looks like the weather is going to be {{fields.weather}}",
                    },
                    "matchers": [],
                    "mode": "clean",
                })
            },
            default_schedule: "never",
            can_check: false,
            can_receive: true,
            can_emit: true,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        if !options.get("instructions").is_object() || !options.is_set("instructions") {
            faults.of(
                options,
                "instructions",
                "must be an object with at least one member",
            );
        }
        faults.require(options, "mode");
        faults.one_of(options, "mode", &["clean", "merge"]);
        let matchers = options.get("matchers");
        if !matchers.is_array() && !matchers.is_null() {
            faults.of(options, "matchers", "must be a list");
        }
        for (at, matcher) in options.list("matchers").iter().enumerate() {
            if let Err(reason) = Matcher::read(matcher) {
                faults.add(&["matchers", &at.to_string()], reason, matcher);
            }
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let mut found = run.payload();
        for matcher in run.options().list("matchers") {
            Matcher::read(matcher)
                .map_err(|reason| permanent(reason.to_owned()))?
                .apply(run, &mut found)?;
        }
        let made = run.fill(run.options().get("instructions"), &[&found])?;
        let how = run.fill(run.options().get("mode"), &[&found])?;
        let mut message = if text(&how) == "merge" {
            run.payload()
        } else {
            Object::new()
        };
        if let Value::Object(made) = made {
            message.extend(made);
        }
        Ok(emits(message))
    }
}

struct Matcher<'a> {
    path: &'a Value,
    pattern: Regex,
    to: Option<&'a str>,
}

impl<'a> Matcher<'a> {
    fn read(matcher: &'a Value) -> Result<Self, &'static str> {
        let Value::Object(members) = matcher else {
            return Err("must be an object");
        };
        let options = Options(members);
        if !options.get("path").is_string() || !options.is_set("path") {
            return Err("path is required and must be a text");
        }
        let Some(pattern) = options
            .get("regexp")
            .as_str()
            .filter(|text| !text.is_empty())
        else {
            return Err("regexp is required and must be a text");
        };
        let pattern = liquid::pattern(pattern, false).map_err(|_| {
            "regexp is no pattern that can be used: there is no look-around and no back-reference"
        })?;
        let to = match options.get("to") {
            Value::Null => None,
            Value::String(to) => Some(&**to).filter(|to| !to.is_empty()),
            _ => return Err("to must be a text"),
        };
        Ok(Self {
            path: options.get("path"),
            pattern,
            to,
        })
    }

    /// Adds what the pattern finds.
    fn apply(&self, run: &Run<'_>, found: &mut Object) -> Result<(), CallError> {
        let looked_at = text(&run.fill(self.path, &[found])?);
        let Some(captures) = self.pattern.captures(&looked_at) else {
            return Ok(());
        };
        let part =
            |part: Option<regex::Match<'_>>| part.map_or(Value::Null, |part| part.as_str().into());
        let numbered = captures
            .iter()
            .enumerate()
            .map(|(at, found)| (at.to_string(), part(found)));
        let named = self.pattern.capture_names().flatten();
        let named = named.map(|name| (name.to_owned(), part(captures.name(name))));
        let all = numbered.chain(named);
        let Some(to) = self.to else {
            found.extend(all);
            return Ok(());
        };
        let place = found.entry(to).or_insert(Value::Null);
        if !place.is_object() {
            *place = Value::Object(Object::new());
        }
        if let Value::Object(place) = place {
            place.extend(all);
        }
        Ok(())
    }
}
