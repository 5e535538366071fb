//! `agent`.

use std::{collections::BTreeMap, io::Write};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use switchboard_client::{Access, Verb};

use super::{
    Failure, harmless,
    named::id_of,
    sign_in::{failure, sign_in_quietly},
    table,
};
use crate::cli::{AddArgs, AgentArgs, AgentCommand};

/// A type of agents as the server tells of it.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    name: Option<String>,
    display_name: Option<String>,
    state: String,
    problem: Option<String>,
    url: Option<String>,
}

/// An agent as the server tells of it.
#[derive(Deserialize)]
struct Agent {
    id: i64,
    name: String,
    r#type: String,
    messages_count: i64,
    disabled: bool,
}

/// A line of a log.
#[derive(Deserialize)]
struct Line {
    created_at: String,
    level: u8,
    message: String,
}

/// From which level on a line tells of an error.
const ERROR: u8 = 4;
/// What the names of all types begin with.
const PREFIX: &str = "Agents::";

/// Shows and changes agents.
///
/// # Errors
/// Why it could not be done.
pub async fn run(
    arguments: AgentArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let access = sign_in_quietly(&arguments.at, variables).await?;
    match arguments.command {
        AgentCommand::Types => types(&access, out).await,
        AgentCommand::Add(add) if add.what.contains("://") => plug_in(&access, &add, out).await,
        AgentCommand::Add(add) => make(&access, &add, out).await,
        AgentCommand::List => list(&access, out).await,
        AgentCommand::Show { agent } => show(&access, &agent, out).await,
        AgentCommand::Run { agent } => {
            let path = [agent_id(&access, &agent).await?, "run".to_owned()];
            done(&access, Verb::Post, &path, None).await?;
            Ok(writeln!(out, "{agent} checks")?)
        }
        AgentCommand::Logs { agent } => logs(&access, &agent, out).await,
        AgentCommand::Enable { agent } => switch(&access, &agent, false, out).await,
        AgentCommand::Disable { agent } => switch(&access, &agent, true, out).await,
    }
}

async fn types(access: &Access, out: &mut dyn Write) -> Result<(), Failure> {
    let all: Vec<Kind> = ask(access, &["agent_types"]).await?;
    let rows = all.into_iter().map(|it| {
        let name = it.name.unwrap_or_else(|| "?".to_owned());
        let about = [it.display_name, it.url, it.problem];
        let about: Vec<String> = about.into_iter().flatten().collect();
        let name = name
            .strip_prefix(PREFIX)
            .map_or(name.clone(), str::to_owned);
        [name, it.state, about.join(", ")]
    });
    Ok(table::write(out, ["TYPE", "STATE", "ABOUT"], rows)?)
}

/// Adds a type by its URL.
async fn plug_in(access: &Access, add: &AddArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let body = json!({"url": add.what});
    let sent = access.ask(Verb::Post, &["agent_types"], Some(&body)).await;
    let _: Value = sent.map_err(|error| failure(&error))?;
    writeln!(
        out,
        "{} is asked what it is; `switchboard agent types` shows it",
        add.what
    )?;
    Ok(())
}

/// Makes an agent.
async fn make(access: &Access, add: &AddArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let kind = add.what.strip_prefix(PREFIX).unwrap_or(&add.what);
    let mut body = Map::new();
    body.insert("type".into(), full_type(access, kind).await?.into());
    body.insert("name".into(), add.name.as_deref().unwrap_or(kind).into());
    if let Some(options) = &add.options {
        let options: Map<String, Value> =
            serde_json::from_str(options).map_err(|error| Failure::Other {
                what: format!("--options is no object of JSON: {error}"),
                hint: Some(r#"write it like '{"step": 1}'"#.into()),
            })?;
        body.insert("options".into(), options.into());
    }
    for (name, text) in [("schedule", &add.schedule), ("time_zone", &add.time_zone)] {
        if let Some(text) = text {
            body.insert(name.into(), text.as_str().into());
        }
    }
    for (name, called) in [("sources", &add.sources), ("receivers", &add.receivers)] {
        let mut ids = Vec::new();
        for agent in called {
            let id = agent_id(access, agent).await?;
            ids.push(id.parse::<i64>().map_or(Value::Null, Value::from));
        }
        if !ids.is_empty() {
            body.insert(name.into(), ids.into());
        }
    }
    let made = access
        .ask(Verb::Post, &["agents"], Some(&body.into()))
        .await;
    let made: Agent = made.map_err(|error| failure(&error))?;
    writeln!(
        out,
        "agent {}, {}, of the type {}",
        made.id,
        harmless::line(&made.name),
        made.r#type
    )?;
    Ok(())
}

/// The full name of a type; its last word may be left out.
async fn full_type(access: &Access, kind: &str) -> Result<String, Failure> {
    let all: Vec<Kind> = ask(access, &["agent_types"]).await?;
    let names = all.into_iter().filter_map(|it| it.name);
    let names: Vec<String> = names.collect();
    let full = [format!("{PREFIX}{kind}"), format!("{PREFIX}{kind}Agent")];
    // One that there is not is sent as it is: the server says what there is to say.
    let found = full.iter().find(|name| names.contains(name));
    Ok(found.unwrap_or(&full[0]).clone())
}

async fn list(access: &Access, out: &mut dyn Write) -> Result<(), Failure> {
    let all: Vec<Agent> = ask(access, &["agents"]).await?;
    let rows = all.into_iter().map(|it| {
        let state = if it.disabled { "disabled" } else { "enabled" };
        let kind = it
            .r#type
            .strip_prefix(PREFIX)
            .unwrap_or(&it.r#type)
            .to_owned();
        let messages = it.messages_count.to_string();
        [it.id.to_string(), it.name, kind, state.to_owned(), messages]
    });
    Ok(table::write(
        out,
        ["ID", "NAME", "TYPE", "STATE", "MESSAGES"],
        rows,
    )?)
}

async fn show(access: &Access, agent: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let id = agent_id(access, agent).await?;
    let details: Value = ask(access, &["agents", &id, "details"]).await?;
    // In JSON every character that a terminal would obey can stand as an escape, but not all have to.
    let text = serde_json::to_string_pretty(&details).unwrap_or_default();
    Ok(writeln!(out, "{}", harmless::text(&text))?)
}

async fn logs(access: &Access, agent: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let id = agent_id(access, agent).await?;
    let lines: Vec<Line> = ask(access, &["agents", &id, "logs"]).await?;
    for line in lines.iter().rev() {
        let level = if line.level >= ERROR {
            "error"
        } else {
            "info "
        };
        writeln!(
            out,
            "{} {level} {}",
            line.created_at,
            harmless::line(&line.message)
        )?;
    }
    Ok(())
}

async fn switch(
    access: &Access,
    agent: &str,
    disabled: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let id = agent_id(access, agent).await?;
    let body = json!({"disabled": disabled});
    done(access, Verb::Patch, &[id], Some(&body)).await?;
    let state = if disabled { "disabled" } else { "enabled" };
    Ok(writeln!(out, "{agent} is {state}")?)
}

async fn agent_id(access: &Access, called: &str) -> Result<String, Failure> {
    id_of(access, "agent", "agents", called).await
}

async fn ask<T: serde::de::DeserializeOwned>(access: &Access, path: &[&str]) -> Result<T, Failure> {
    let asked = access.ask(Verb::Get, path, None).await;
    asked.map_err(|error| failure(&error))
}

/// Does something with an agent, whose id is the first part of the path.
async fn done(
    access: &Access,
    verb: Verb,
    path: &[String],
    body: Option<&Value>,
) -> Result<(), Failure> {
    let path: Vec<&str> = ["agents"]
        .into_iter()
        .chain(path.iter().map(String::as_str))
        .collect();
    let done: Result<Value, _> = access.ask(verb, &path, body).await;
    done.map(drop).map_err(|error| failure(&error))
}
