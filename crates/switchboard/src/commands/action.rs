//! `action`, `grant` and `audit`.

use std::{collections::BTreeMap, io::Write, time::Duration};

use serde::Deserialize;
use serde_json::{Value, json};
use switchboard_client::{Access, Verb};

use super::{
    Failure, harmless,
    sign_in::{failure, sign_in_quietly},
    table,
};
use crate::cli::{ActionArgs, ActionCommand, AuditArgs, AuditCommand, GrantArgs, GrantCommand};

/// An action as the server tells of it.
#[derive(Deserialize)]
struct Action {
    id: String,
    name: String,
    description: String,
    arguments: Value,
    state: String,
    at: String,
    risk: String,
    agent_id: String,
    digest: String,
    error: Option<String>,
    output: Option<Value>,
    expires_at: String,
}

#[derive(Deserialize)]
struct Actions {
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Grant {
    id: String,
    capabilities: Vec<String>,
    agent: Option<String>,
    max: i64,
    used: i64,
    expires_at: String,
}

#[derive(Deserialize)]
struct Grants {
    grants: Vec<Grant>,
}

#[derive(Deserialize)]
struct Entry {
    no: i64,
    at: String,
    what: String,
    by: String,
    action_id: Option<String>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Verified {
    whole: bool,
    entries: i64,
    broken_at: Option<i64>,
}

async fn ask<T: serde::de::DeserializeOwned>(
    access: &Access,
    verb: Verb,
    path: &[&str],
    body: Option<&Value>,
) -> Result<T, Failure> {
    let asked = access.ask_for(verb, path, body, Duration::ZERO).await;
    asked.map_err(|error| failure(&error))
}

/// Looks at actions, and decides about them.
///
/// # Errors
/// Why it could not be done.
pub async fn run(
    arguments: ActionArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let access = sign_in_quietly(&arguments.at, variables).await?;
    match arguments.command {
        ActionCommand::List { state } => {
            let query: &[(&str, &str)] = match &*state {
                "all" => &[],
                state => &[("state", state)],
            };
            let found = access.list_of(&["actions"], query).await;
            let found: Actions = found.map_err(|error| failure(&error))?;
            let rows = found.actions.into_iter();
            let rows = rows.map(|it| [it.id, it.state, it.name, it.agent_id, it.risk]);
            table::write(out, ["ID", "STATE", "FUNCTION", "AGENT", "RISK"], rows)?;
        }
        ActionCommand::Show { id } => {
            let action = ask(&access, Verb::Get, &["actions", &id], None).await?;
            show(&action, out)?;
        }
        ActionCommand::Approve { id } => decide(&access, &id, "approve", None, out).await?,
        ActionCommand::Reject { id } => decide(&access, &id, "reject", None, out).await?,
        ActionCommand::Retry { id } => decide(&access, &id, "retry", None, out).await?,
        ActionCommand::Edit { id, arguments } => {
            let arguments = serde_json::from_str(&arguments).map_err(|error| Failure::Other {
                what: format!("the arguments are no JSON: {error}"),
                hint: Some("an example is '{\"to\": \"bob\"}'".to_owned()),
            })?;
            decide(&access, &id, "edit", Some(arguments), out).await?;
        }
        ActionCommand::Cancel { id } => {
            let path = ["actions", &id, "cancel"];
            let action: Action = ask(&access, Verb::Post, &path, None).await?;
            writeln!(out, "{} is {}", line(&action.id), line(&action.state))?;
        }
    }
    Ok(())
}

fn line(text: &str) -> String {
    harmless::line(text).into_owned()
}

fn show(action: &Action, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}  {}", line(&action.id), line(&action.state))?;
    writeln!(
        out,
        "{} wants to call {}",
        line(&action.agent_id),
        line(&action.name)
    )?;
    writeln!(out, "  {}", line(&action.description))?;
    writeln!(out, "with {}", line(&action.arguments.to_string()))?;
    writeln!(out, "at {}, risk {}", line(&action.at), line(&action.risk))?;
    if let Some(output) = &action.output {
        writeln!(out, "it gave {}", line(&output.to_string()))?;
    }
    if let Some(error) = &action.error {
        writeln!(out, "it says {}", line(error))?;
    }
    writeln!(out, "expires {}", line(&action.expires_at))?;
    writeln!(out, "{}", line(&action.digest))?;
    Ok(())
}

/// Decides about an action as it is shown: what changed since is refused by its digest.
async fn decide(
    access: &Access,
    id: &str,
    decision: &str,
    arguments: Option<Value>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let action: Action = ask(access, Verb::Get, &["actions", id], None).await?;
    show(&action, out)?;
    let mut body = json!({"decision": decision, "digest": action.digest});
    if let Some(arguments) = arguments {
        body["arguments"] = arguments;
    }
    let path = ["actions", id, "decision"];
    let now: Action = ask(access, Verb::Post, &path, Some(&body)).await?;
    writeln!(out, "{} is {}", line(&now.id), line(&now.state))?;
    if now.id != action.id {
        writeln!(
            out,
            "approve it with: switchboard action approve {}",
            line(&now.id)
        )?;
    }
    Ok(())
}

/// Lists, gives or takes back grants.
///
/// # Errors
/// Why it could not be done.
pub async fn grant(
    arguments: GrantArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let access = sign_in_quietly(&arguments.at, variables).await?;
    match arguments.command {
        GrantCommand::List => {
            let found: Grants = ask(&access, Verb::Get, &["grants"], None).await?;
            let rows = found.grants.into_iter().map(|it| {
                let used = format!("{}/{}", it.used, it.max);
                let agent = it.agent.unwrap_or_else(|| "any".to_owned());
                [it.id, it.capabilities.join(","), agent, used, it.expires_at]
            });
            table::write(out, ["ID", "CAPABILITIES", "AGENT", "USED", "UNTIL"], rows)?;
        }
        GrantCommand::Add {
            capabilities,
            max,
            hours,
            agent,
        } => {
            let body = json!({
                "capabilities": capabilities, "agent": agent, "max": max,
                "ttl_s": i64::from(hours) * 3600,
            });
            let grant: Grant = ask(&access, Verb::Post, &["grants"], Some(&body)).await?;
            writeln!(out, "gave {}", line(&grant.id))?;
        }
        GrantCommand::Revoke { id } => {
            let _: Grants = ask(&access, Verb::Delete, &["grants", &id], None).await?;
            writeln!(out, "took {id} back")?;
        }
    }
    Ok(())
}

/// Shows the trail, or looks whether it is whole.
///
/// # Errors
/// Why it could not be done, or that the trail is not whole.
pub async fn audit(
    arguments: AuditArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let access = sign_in_quietly(&arguments.at, variables).await?;
    match arguments.command {
        AuditCommand::Show => {
            let found: Entries = ask(&access, Verb::Get, &["audit"], None).await?;
            let rows = found.entries.into_iter().rev().map(|it| {
                let action = it.action_id.unwrap_or_default();
                let state = it.state.unwrap_or_default();
                [it.no.to_string(), it.at, it.what, it.by, state, action]
            });
            table::write(out, ["NO", "WHEN", "WHAT", "BY", "STATE", "ACTION"], rows)?;
        }
        AuditCommand::Verify => {
            let path = ["audit", "verify"];
            let verified: Verified = ask(&access, Verb::Get, &path, None).await?;
            if !verified.whole {
                let no = verified.broken_at.unwrap_or_default();
                return Err(Failure::Other {
                    what: format!(
                        "the trail is broken at entry {no}: it was changed, or is missing"
                    ),
                    hint: Some("what stands before it is as it was written".to_owned()),
                });
            }
            writeln!(out, "whole: {} entries", verified.entries)?;
        }
    }
    Ok(())
}
