//! Runs, enables, disables and configures other agents.

use super::options::{Faults, Options, text};
use super::run::{Run, permanent};
use super::{About, Builtin};
use async_trait::async_trait;
use serde_json::{Value, json};
use switchboard_domain::nouns::{Control, Outcome};
use switchboard_domain::ports::CallError;

pub(super) struct Commander;

const DESCRIPTION: &str = "\
Commands other agents, its control targets, each time that it receives a message or its schedule is due.

* `action`: `run` runs their check, `enable` and `disable` do that, `configure` changes their options. It may be a \
template, so that the message decides; if it comes out empty, nothing happens.
* `configure_options`: for `configure`, an object that is merged into their options, member by member. Its values may \
be templates. It grants no credentials.
* `drop_pending_messages`: with `enable`, `true` discards first what waits for them.";

const ACTIONS: [&str; 4] = ["run", "enable", "disable", "configure"];

#[async_trait]
impl Builtin for Commander {
    fn about(&self) -> About {
        About {
            name: "CommanderAgent",
            display_name: "Commander Agent",
            description: DESCRIPTION,
            default_options: || json!({"action": "run"}),
            default_schedule: "never",
            can_check: true,
            can_receive: true,
            can_emit: false,
        }
    }

    fn check(&self, options: Options<'_>, faults: &mut Faults) {
        faults.require(options, "action");
        faults.one_of(options, "action", &ACTIONS);
        faults.flag(options, "drop_pending_messages");
        let changes = options.get("configure_options");
        let is_needed = options.text("action") == "configure";
        if (is_needed || options.is_set("configure_options"))
            && changes.as_object().is_none_or(serde_json::Map::is_empty)
        {
            faults.of(
                options,
                "configure_options",
                "must be an object with at least one member",
            );
        }
    }

    async fn run(&self, run: &Run<'_>) -> Result<Outcome, CallError> {
        let control = match text(&run.filled("action")?).trim() {
            "" => return Ok(Outcome::default()),
            "run" => Control::Run,
            "disable" => Control::Disable,
            "enable" if text(&run.filled("drop_pending_messages")?) == "true" => {
                Control::EnableAfresh
            }
            "enable" => Control::Enable,
            "configure" => match run.filled("configure_options")? {
                Value::Object(options) => Control::Configure(options),
                _ => return Err(permanent("configure_options must be an object".into())),
            },
            _ => {
                let actions = ACTIONS.join(", ");
                return Err(permanent(format!("action came out as none of {actions}")));
            }
        };
        Ok(Outcome {
            controls: vec![control],
            ..Outcome::default()
        })
    }
}
