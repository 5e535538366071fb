//! Reading a workflow file.

use super::{
    BadWorkflowFile, FileAgent, MAX_AGENTS, MAX_BYTES, MAX_DESCRIPTION, MAX_LINKS, MAX_NAME,
    WorkflowFile,
    value::{Members, Part},
    write::NO_DESCRIPTION,
};
use crate::nouns::{Object, Schedule, When, Zone};
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as BadWord};
use std::collections::HashMap;

type Read<T> = Result<T, BadWorkflowFile>;

impl WorkflowFile {
    /// Reads a file. Members that nobody knows are passed over, and so is `exported_at`; agents and
    /// links may stand in any order, and are put into theirs.
    ///
    /// # Errors
    /// [`BadWorkflowFile`], which says which member is wrong and what it must be.
    pub fn parse(text: &str) -> Read<Self> {
        if text.len() > MAX_BYTES {
            let mib = MAX_BYTES / 1024 / 1024;
            return Err(BadWorkflowFile::file(format!("is larger than {mib} MiB")));
        }
        let value = serde_json::from_str(text)
            .map_err(|error| BadWorkflowFile::file(format!("is no JSON: {error}")))?;
        let mut file = Part::file(value).members()?;
        check_version(&mut file)?;
        let agents = file.take("agents")?.list(MAX_AGENTS)?;
        let agents = agents.into_iter().map(agent).collect::<Read<Vec<_>>>()?;
        check_guids(&agents)?;
        let count = agents.len();
        let mut workflow = Self {
            name: file.take("name")?.name(MAX_NAME)?,
            description: file
                .find("description")
                .map(|part| part.text(MAX_DESCRIPTION).map(str::to_owned))
                .transpose()?
                .filter(|text| !text.is_empty() && text != NO_DESCRIPTION),
            guid: file.take("guid")?.name(MAX_NAME)?,
            tag_fg_color: word(&mut file, "tag_fg_color")?,
            tag_bg_color: word(&mut file, "tag_bg_color")?,
            icon: word(&mut file, "icon")?,
            agents,
            links: links(&mut file, "links", ["source", "receiver"], count)?,
            control_links: links(
                &mut file,
                "control_links",
                ["controller", "control_target"],
                count,
            )?,
        };
        workflow.sort();
        Ok(workflow)
    }
}

fn check_version(file: &mut Members) -> Read<()> {
    let version = file.take("schema_version")?;
    if version.count()? == 1 {
        return Ok(());
    }
    Err(version.bad("must be 1, which is the one form that is known"))
}

fn check_guids(agents: &[FileAgent]) -> Read<()> {
    let mut seen = HashMap::new();
    for (place, agent) in agents.iter().enumerate() {
        if let Some(other) = seen.insert(&agent.guid, place) {
            return Err(BadWorkflowFile {
                path: vec!["agents".into(), place.to_string(), "guid".into()],
                what: format!("is also the guid of `agents[{other}]`"),
            });
        }
    }
    Ok(())
}

/// A member that is a short text, if it is there.
fn word(file: &mut Members, name: &str) -> Read<Option<String>> {
    let word = file.find(name);
    word.map(|part| part.text(MAX_NAME).map(str::to_owned))
        .transpose()
}

fn links(
    file: &mut Members,
    name: &str,
    [from, to]: [&str; 2],
    agents: usize,
) -> Read<Vec<(usize, usize)>> {
    let Some(list) = file.find(name) else {
        return Ok(Vec::new());
    };
    let link = |part: Part| {
        let mut link = part.members()?;
        let from = link.take(from)?.place(agents)?;
        Ok((from, link.take(to)?.place(agents)?))
    };
    list.list(MAX_LINKS)?.into_iter().map(link).collect()
}

fn agent(part: Part) -> Read<FileAgent> {
    let mut agent = part.members()?;
    let (schedule, more) = schedule(&mut agent)?;
    Ok(FileAgent {
        kind: kind(&agent.take("type")?)?,
        name: agent.take("name")?.name(MAX_NAME)?,
        is_disabled: agent
            .find("disabled")
            .map_or(Ok(false), |part| part.boolean())?,
        guid: agent.take("guid")?.name(MAX_NAME)?,
        options: agent
            .find("options")
            .map_or_else(|| Ok(Object::new()), Part::object)?,
        schedule,
        keep_messages_for: agent
            .find("keep_messages_for")
            .map(|part| part.count())
            .transpose()?,
        more,
    })
}

/// A type: `Agents::` and a name in camel case.
fn kind(part: &Part) -> Read<String> {
    let kind = part.text(MAX_NAME)?;
    let name = kind.strip_prefix("Agents::").unwrap_or_default();
    let starts = name.starts_with(|first: char| first.is_ascii_uppercase());
    if starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(kind.to_owned())
    } else {
        Err(part.bad("must be a type such as `Agents::WebhookAgent`"))
    }
}

/// The schedule with its rules, and what else Switchboard kept.
fn schedule(agent: &mut Members) -> Read<(Option<Schedule>, Object)> {
    let named = agent.find("schedule");
    let named = named
        .map(|part| part.parsed(str::parse::<When>))
        .transpose()?;
    let Some(more) = agent.find("switchboard") else {
        return Ok((named.map(Schedule::new), Object::new()));
    };
    let mut more = more.members()?;
    let cron = more.find("cron");
    let cron = cron
        .map(|part| part.parsed(str::parse::<When>))
        .transpose()?;
    let rules = Schedule {
        when: When::NEVER,
        time_zone: more
            .find("time_zone")
            .map_or_else(|| Ok(Zone::default()), |part| part.parsed(str::parse))?,
        overlap: rule(&mut more, "overlap", "`skip` or `queue`")?,
        catch_up: rule(&mut more, "catch_up", "`one` or `none`")?,
    };
    let schedule = cron.or(named).map(|when| Schedule { when, ..rules });
    Ok((schedule, more.rest()))
}

/// A member that is one of a few words.
fn rule<T: DeserializeOwned + Default>(more: &mut Members, name: &str, words: &str) -> Read<T> {
    let Some(part) = more.find(name) else {
        return Ok(T::default());
    };
    part.parsed(|word| {
        T::deserialize(word.into_deserializer()).map_err(|_: BadWord| format!("must be {words}"))
    })
}
