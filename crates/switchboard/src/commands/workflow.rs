//! `workflow`.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _, Write},
    path::Path,
};

use serde::Deserialize;
use serde_json::Value;
use switchboard_client::{Access, Verb};
use switchboard_domain::nouns::{WorkflowFile, workflow_file::MAX_BYTES};

use super::{
    Failure, harmless,
    named::id_of,
    sign_in::{failure, sign_in_quietly},
    table,
};
use crate::cli::{WorkflowArgs, WorkflowCommand};

/// A workflow as the server tells of it.
#[derive(Deserialize)]
struct Workflow {
    id: i64,
    name: String,
    description: Option<String>,
    #[serde(default)]
    agents: Vec<Agent>,
}

#[derive(Deserialize)]
struct Agent {
    id: i64,
    name: String,
    disabled: bool,
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    id: i64,
}

/// Lists, imports, exports or begins workflows.
///
/// # Errors
/// Why it could not be done.
pub async fn run(
    arguments: WorkflowArgs,
    variables: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let file = match &arguments.command {
        WorkflowCommand::Import { file } => Some(read(file)?),
        _ => None,
    };
    let access = sign_in_quietly(&arguments.at, variables).await?;
    match arguments.command {
        WorkflowCommand::List => list(&access, out).await,
        WorkflowCommand::Import { .. } => import(&access, file.unwrap_or_default(), out).await,
        WorkflowCommand::Export {
            workflow,
            out: file,
        } => export(&access, &workflow, file.as_deref(), out).await,
        WorkflowCommand::Run { workflow } => begin(&access, &workflow, out).await,
    }
}

async fn list(access: &Access, out: &mut dyn Write) -> Result<(), Failure> {
    let all: Vec<Workflow> = access
        .ask(Verb::Get, &["workflows"], None)
        .await
        .map_err(|error| failure(&error))?;
    let first_line = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let rows = all.into_iter().map(|it| {
        let description = it.description.map(first_line).unwrap_or_default();
        [it.id.to_string(), it.name, description]
    });
    Ok(table::write(out, ["ID", "NAME", "DESCRIPTION"], rows)?)
}

/// The file, which is looked through before anybody signs in.
fn read(path: &Path) -> Result<String, Failure> {
    let place = path.display();
    let cannot_read = |error: io::Error| Failure::Other {
        what: format!("cannot read {place}: {error}"),
        hint: None,
    };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        let most = u64::try_from(MAX_BYTES)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        io::stdin()
            .take(most)
            .read_to_string(&mut text)
            .map_err(cannot_read)?;
        text
    } else {
        fs::read_to_string(path).map_err(cannot_read)?
    };
    WorkflowFile::parse(&text).map_err(|error| Failure::Other {
        what: format!("{place} is no workflow file: {error}"),
        hint: None,
    })?;
    Ok(text)
}

async fn import(access: &Access, text: String, out: &mut dyn Write) -> Result<(), Failure> {
    let sent = access.send_file(&["workflows", "import"], text).await;
    let workflow: Workflow = sent.map_err(|error| failure(&error))?;
    writeln!(
        out,
        "workflow {}, {}, with {} agents",
        workflow.id,
        harmless::line(&workflow.name),
        workflow.agents.len()
    )?;
    Ok(())
}

async fn export(
    access: &Access,
    workflow: &str,
    file: Option<&Path>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let id = id_of(access, "workflow", "workflows", workflow).await?;
    let text = access
        .fetch_file(&["workflows", &id, "export"])
        .await
        .map_err(|error| failure(&error))?;
    let Some(file) = file else {
        return Ok(out.write_all(text.as_bytes())?);
    };
    fs::write(file, text).map_err(|error| Failure::Other {
        what: format!("cannot write {}: {error}", file.display()),
        hint: None,
    })
}

async fn begin(access: &Access, workflow: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let id = id_of(access, "workflow", "workflows", workflow).await?;
    let asked = access.ask(Verb::Get, &["workflows", &id], None).await;
    let workflow: Workflow = asked.map_err(|error| failure(&error))?;
    let own: Vec<i64> = workflow.agents.iter().map(|agent| agent.id).collect();
    let begins = |agent: &&Agent| {
        !agent.disabled && !agent.sources.iter().any(|source| own.contains(&source.id))
    };
    let mut refused = Vec::new();
    for agent in workflow.agents.iter().filter(begins) {
        let name = harmless::line(&agent.name);
        let path = ["agents", &agent.id.to_string(), "run"];
        let done: Result<Value, _> = access.ask(Verb::Post, &path, None).await;
        match done {
            Ok(_) => writeln!(out, "{name} checks")?,
            Err(error)
                if error
                    .status()
                    .is_some_and(|status| status < 500 && status != 401) =>
            {
                refused.push(format!("{name} does not check: {error}"));
            }
            Err(error) => return Err(failure(&error)),
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    Err(Failure::Other {
        what: refused.join("\n"),
        hint: None,
    })
}
