mod any;
mod wrong;

use super::{FileAgent, WorkflowFile};
use crate::{
    Timestamp,
    nouns::{CatchUp, Object, Overlap, Schedule},
};
use serde_json::{Value, json};

/// A file with every member, laid out as ActiveWorkflow does.
const NEWS: &str = include_str!("news.json");

fn news() -> WorkflowFile {
    WorkflowFile::parse(NEWS).unwrap()
}

/// When that file says it was exported.
fn exported_at() -> Timestamp {
    Timestamp::from_micros(1_772_350_200_000_000)
}

#[test]
fn a_file_is_written_byte_by_byte_as_it_was_read() {
    let text = news().to_text(exported_at());
    assert_eq!(text, NEWS);
    let again = WorkflowFile::parse(&text).unwrap();
    assert_eq!(again, news());
    let later = again.to_text(exported_at().plus_seconds(86_400));
    assert_eq!(
        later,
        NEWS.replace("2026-03-01T07:30:00Z", "2026-03-02T07:30:00Z")
    );
}

#[test]
fn what_it_says_is_read() {
    let file = news();
    assert_eq!(file.name, "Morning news / Zürich");
    assert_eq!(file.icon.as_deref(), Some("newspaper-o"));
    let names: Vec<&str> = file
        .agents
        .iter()
        .map(|agent| agent.name.as_str())
        .collect();
    assert_eq!(names, ["Front page", "Digest", "Off on Sundays", "Feed"]);
    let [page, digest, commander, feed] = &file.agents[..] else {
        panic!("four agents");
    };
    assert_eq!(page.kind, "Agents::HttpStatusAgent");
    assert_eq!(
        page.schedule,
        Some(Schedule::new("every_30m".parse().unwrap()))
    );
    assert_eq!(page.keep_messages_for, Some(3600));
    assert_eq!((page.is_disabled, digest.is_disabled), (false, true));
    assert_eq!(
        commander.schedule,
        Some(Schedule {
            when: "0 0 * * 0".parse().unwrap(),
            time_zone: "Europe/Zurich".parse().unwrap(),
            overlap: Overlap::Queue,
            catch_up: CatchUp::None,
        })
    );
    assert_eq!(
        Value::Object(commander.more.clone()),
        json!({"retry": {"attempts": 3}})
    );
    assert_eq!((&feed.schedule, feed.keep_messages_for), (&None, None));
    assert_eq!(file.links, [(0, 1), (1, 3)]);
    assert_eq!(file.control_links, [(2, 0)]);
}

#[test]
fn agents_and_links_are_put_in_their_order() {
    let mut value: Value = serde_json::from_str(NEWS).unwrap();
    value["agents"].as_array_mut().unwrap().reverse();
    value["links"] = json!([
        {"source": 2, "receiver": 0},
        {"source": 3, "receiver": 2},
        {"source": 3, "receiver": 2},
    ]);
    value["control_links"] = json!([{"controller": 1, "control_target": 3}]);
    let file = WorkflowFile::parse(&value.to_string()).unwrap();
    assert_eq!(file, news());
    let mut shuffled = file.clone();
    shuffled.agents.swap(0, 3);
    shuffled.links = vec![(1, 0), (3, 1)];
    shuffled.control_links = vec![(2, 3)];
    assert_eq!(shuffled.to_text(exported_at()), NEWS);
}

#[test]
fn what_may_be_absent_or_null_is_as_usual() {
    let file = WorkflowFile::parse(
        &json!({
            "schema_version": 1,
            "name": "Small",
            "description": null,
            "guid": "g",
            "made_by": "a later version",
            "agents": [
                {"type": "Agents::PostAgent", "name": "Post", "guid": "p", "options": null, "schedule": null},
                {"type": "Agents::PostAgent", "name": "Zone", "guid": "z", "switchboard": {"time_zone": "UTC"}},
            ],
        })
        .to_string(),
    )
    .unwrap();
    assert_eq!((&file.description, &file.icon), (&None, &None));
    assert_eq!(
        file.agents[0],
        FileAgent {
            kind: "Agents::PostAgent".into(),
            name: "Post".into(),
            is_disabled: false,
            guid: "p".into(),
            options: Object::new(),
            schedule: None,
            keep_messages_for: None,
            more: Object::new(),
        }
    );
    assert_eq!(file.agents[1].schedule, None);
    let text = file.to_text(exported_at());
    assert!(
        text.contains("\"description\": \"No description provided\",\n"),
        "{text}"
    );
    assert!(text.contains("\"icon\": null,\n"), "{text}");
    assert!(
        text.ends_with("  \"links\": [\n\n  ],\n  \"control_links\": [\n\n  ]\n}"),
        "{text}"
    );
    assert_eq!(WorkflowFile::parse(&text).unwrap(), file);
}

#[test]
fn a_cron_expression_may_also_be_the_schedule_and_is_written_where_it_belongs() {
    let text = NEWS.replace("\"7h\"", "\"*/7 * * * *\"");
    let file = WorkflowFile::parse(&text).unwrap();
    let schedule = file.agents[1].schedule.as_ref().unwrap();
    assert_eq!(schedule.when.as_str(), "*/7 * * * *");
    let written: Value = serde_json::from_str(&file.to_text(exported_at())).unwrap();
    let agent = &written["agents"][1];
    assert_eq!(agent["schedule"], "never");
    assert_eq!(agent["switchboard"], json!({"cron": "*/7 * * * *"}));
}

#[test]
fn a_download_has_a_plain_name() {
    let name = |name: &str| {
        WorkflowFile {
            name: name.into(),
            ..news()
        }
        .file_name()
    };
    assert_eq!(name("Morning news / Zürich"), "morning-news-z-rich.json");
    assert_eq!(name("--A_b--9!"), "a_b-9.json");
    assert_eq!(name("!?"), "exported-agents.json");
}
