//! Files of any content.

use super::exported_at;
use crate::nouns::{CatchUp, FileAgent, Object, Overlap, Schedule, WorkflowFile, schedule::Zone};
use proptest::prelude::*;
use serde_json::Value;

fn word() -> impl Strategy<Value = String> {
    "\\PC{1,20}"
}

fn maybe<T: std::fmt::Debug + Clone>(
    inner: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Option<T>> {
    prop::option::of(inner)
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Object> {
    prop::collection::vec((any::<String>(), values), 0..4)
        .prop_map(|members| members.into_iter().collect())
}

fn schedule() -> impl Strategy<Value = Schedule> {
    (
        prop::sample::select(vec!["never", "every_5h", "midnight", "5 4 * * sun"]),
        prop::sample::select(vec!["UTC", "Asia/Kathmandu", "America/New_York"]),
        any::<(bool, bool)>(),
    )
        .prop_map(|(when, zone, (queue, none))| Schedule {
            when: when.parse().unwrap(),
            time_zone: zone.parse::<Zone>().unwrap(),
            overlap: if queue { Overlap::Queue } else { Overlap::Skip },
            catch_up: if none { CatchUp::None } else { CatchUp::One },
        })
}

/// What is kept of an agent under names that nothing else has.
fn more() -> impl Strategy<Value = Object> {
    object(json()).prop_map(|members| {
        let named = members
            .into_iter()
            .map(|(name, value)| (format!("x{name}"), value));
        named.filter(|(_, value)| !value.is_null()).collect()
    })
}

prop_compose! {
    fn agent()(
        kind in "Agents::[A-Z][A-Za-z0-9]{0,9}",
        name in word(),
        is_disabled in any::<bool>(),
        guid in word(),
        options in object(json()),
        schedule in maybe(schedule()),
        keep_messages_for in maybe(0..=i64::MAX),
        more in more(),
    ) -> FileAgent {
        FileAgent { kind, name, is_disabled, guid, options, schedule, keep_messages_for, more }
    }
}

fn file() -> impl Strategy<Value = WorkflowFile> {
    let agents = prop::collection::vec(agent(), 0..6).prop_map(|mut agents| {
        for (place, agent) in agents.iter_mut().enumerate() {
            agent.guid.push_str(&place.to_string());
            agent
                .guid
                .insert(0, char::from(b'9' - u8::try_from(place).unwrap()));
        }
        agents
    });
    let links = || prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..6);
    (
        (word(), maybe(word()), word()),
        (maybe(word()), maybe(word()), maybe(word())),
        agents,
        (links(), links()),
    )
        .prop_map(|(names, words, agents, links)| {
            let places = |links: Vec<(prop::sample::Index, prop::sample::Index)>| {
                let count = agents.len();
                let among = |links: Vec<_>| if count == 0 { Vec::new() } else { links };
                among(links)
                    .into_iter()
                    .map(|(from, to): (prop::sample::Index, prop::sample::Index)| {
                        (from.index(count), to.index(count))
                    })
                    .collect()
            };
            let (links, control_links) = (places(links.0), places(links.1));
            WorkflowFile {
                name: names.0,
                description: names.1,
                guid: names.2,
                tag_fg_color: words.0,
                tag_bg_color: words.1,
                icon: words.2,
                agents,
                links,
                control_links,
            }
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(file in file()) {
        let text = file.to_text(exported_at());
        let read = WorkflowFile::parse(&text).unwrap();
        let mut sorted = file.clone();
        sorted.sort();
        prop_assert_eq!(&read, &sorted);
        prop_assert_eq!(read.to_text(exported_at()), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = WorkflowFile::parse(&text);
    }

    #[test]
    fn no_json_makes_it_panic(members in object(json()), name in prop::sample::select(vec![
        "/name", "/agents/0", "/agents/0/options", "/agents/2/switchboard", "/links/0", "/control_links",
    ]), value in json()) {
        let mut file: Value = serde_json::from_str(super::NEWS).unwrap();
        *file.pointer_mut(name).unwrap() = value;
        file.as_object_mut().unwrap().extend(members);
        if let Ok(read) = WorkflowFile::parse(&file.to_string()) {
            prop_assert_eq!(WorkflowFile::parse(&read.to_text(exported_at())).unwrap(), read);
        }
    }
}
