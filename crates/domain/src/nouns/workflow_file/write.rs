//! Writing a workflow file.

use super::{FileAgent, WorkflowFile, pretty::pretty};
use crate::{
    Timestamp,
    nouns::{Object, Schedule, When},
};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// What stands for no description.
pub(super) const NO_DESCRIPTION: &str = "No description provided";

#[derive(Serialize)]
struct File<'a> {
    schema_version: u8,
    name: &'a str,
    description: &'a str,
    guid: &'a str,
    tag_fg_color: &'a Option<String>,
    tag_bg_color: &'a Option<String>,
    icon: &'a Option<String>,
    exported_at: String,
    agents: Vec<Agent<'a>>,
    links: Vec<Link>,
    control_links: Vec<ControlLink>,
}

#[derive(Serialize)]
struct Agent<'a> {
    r#type: &'a str,
    name: &'a str,
    disabled: bool,
    guid: &'a str,
    options: &'a Object,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_messages_for: Option<i64>,
    #[serde(skip_serializing_if = "Object::is_empty")]
    switchboard: Object,
}

#[derive(Serialize)]
struct Link {
    source: usize,
    receiver: usize,
}

#[derive(Serialize)]
struct ControlLink {
    controller: usize,
    control_target: usize,
}

impl WorkflowFile {
    /// The text of the file. Two workflows that say the same have the same text, but for the time.
    pub fn to_text(&self, exported_at: Timestamp) -> String {
        let mut sorted = Cow::Borrowed(self);
        if !self.is_sorted() {
            sorted.to_mut().sort();
        }
        let description = sorted
            .description
            .as_deref()
            .filter(|text| !text.is_empty());
        let file = File {
            schema_version: 1,
            name: &sorted.name,
            description: description.unwrap_or(NO_DESCRIPTION),
            guid: &sorted.guid,
            tag_fg_color: &sorted.tag_fg_color,
            tag_bg_color: &sorted.tag_bg_color,
            icon: &sorted.icon,
            exported_at: seconds(exported_at),
            agents: sorted.agents.iter().map(agent).collect(),
            links: sorted
                .links
                .iter()
                .map(|&(source, receiver)| Link { source, receiver })
                .collect(),
            control_links: sorted
                .control_links
                .iter()
                .map(|&(controller, control_target)| ControlLink {
                    controller,
                    control_target,
                })
                .collect(),
        };
        pretty(&file)
    }

    fn is_sorted(&self) -> bool {
        let links = |links: &[(usize, usize)]| links.is_sorted_by(|one, two| one < two);
        self.agents.is_sorted_by(|one, two| one.guid < two.guid)
            && links(&self.links)
            && links(&self.control_links)
    }
}

/// RFC 3339 in whole seconds.
fn seconds(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.as_seconds())
        .map_or_else(|_| time.to_string(), |time| time.to_string())
}

fn agent(agent: &FileAgent) -> Agent<'_> {
    Agent {
        r#type: &agent.kind,
        name: &agent.name,
        disabled: agent.is_disabled,
        guid: &agent.guid,
        options: &agent.options,
        schedule: agent
            .schedule
            .as_ref()
            .map(|schedule| named(&schedule.when)),
        keep_messages_for: agent.keep_messages_for,
        switchboard: switchboard(agent),
    }
}

/// A name that ActiveWorkflow knows too.
fn named(when: &When) -> &str {
    if when.is_named() {
        when.as_str()
    } else {
        When::NEVER.as_str()
    }
}

/// What its form has no member for: only what is not as usual.
fn switchboard(agent: &FileAgent) -> Object {
    let mut members = Object::new();
    if let Some(schedule) = &agent.schedule {
        let usual = Schedule::new(schedule.when.clone());
        if !schedule.when.is_named() {
            members.insert("cron".into(), schedule.when.as_str().into());
        }
        if schedule.time_zone != usual.time_zone {
            members.insert("time_zone".into(), schedule.time_zone.as_str().into());
        }
        if schedule.overlap != usual.overlap {
            members.insert("overlap".into(), word(schedule.overlap));
        }
        if schedule.catch_up != usual.catch_up {
            members.insert("catch_up".into(), word(schedule.catch_up));
        }
    }
    members.extend(agent.more.clone());
    members
}

/// The word for a rule.
fn word(rule: impl Serialize) -> Value {
    serde_json::to_value(rule).unwrap_or_default()
}
