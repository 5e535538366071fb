//! Workflow files, out.

use super::sets::{WorkflowView, workflow};
use crate::app::Switchboard;
use serde_json::Value;
use std::collections::HashMap;
use switchboard_domain::{
    Result,
    ids::{AgentId, WorkflowId},
    nouns::{FailureOrder, FileAgent, Links, Object, Principal, WorkflowAgent, WorkflowFile},
};

/// How a member of `switchboard` is called that holds the retry policy.
pub(super) const RETRY: &str = "retry";
/// How a member of `switchboard` is called that says what waits behind a call that failed.
pub(super) const FAILURE_ORDER: &str = "failure_order";

/// A workflow of the caller's as a file: its name and its text.
///
/// # Errors
/// [`Error::NotFound`](switchboard_domain::Error::NotFound).
pub async fn export(
    caller: &Principal,
    app: &Switchboard,
    id: WorkflowId,
) -> Result<(String, String)> {
    let file = as_file(&workflow(caller, app, id).await?);
    Ok((file.file_name(), file.to_text(app.ports.now())))
}

fn as_file(view: &WorkflowView) -> WorkflowFile {
    let places: HashMap<AgentId, usize> = view
        .agents
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.setup.id, place))
        .collect();
    let agents = view.agents.iter();
    let between = |side: fn(&Links) -> &Vec<AgentId>| {
        let all = view.agents.iter().enumerate().flat_map(|(from, entry)| {
            let to = side(&entry.links).iter();
            let to: Vec<_> = to.filter_map(|to| places.get(to).copied()).collect();
            to.into_iter().map(move |to| (from, to))
        });
        all.collect()
    };
    let workflow = view.workflow.clone();
    let mut file = WorkflowFile {
        name: workflow.name,
        description: workflow.description,
        guid: workflow.guid,
        tag_fg_color: workflow.tag_fg_color,
        tag_bg_color: workflow.tag_bg_color,
        icon: workflow.icon,
        links: between(|links| &links.receivers),
        control_links: between(|links| &links.control_targets),
        agents: agents
            .map(|entry| file_agent(&entry.setup, &entry.agent.name))
            .collect(),
    };
    file.sort();
    file
}

fn file_agent(setup: &WorkflowAgent, name: &str) -> FileAgent {
    let mut more = Object::new();
    if let Some(policy) = setup
        .retry
        .and_then(|policy| serde_json::to_value(policy).ok())
    {
        more.insert(RETRY.to_owned(), policy);
    }
    if setup.failure_order == FailureOrder::Skip {
        more.insert(FAILURE_ORDER.to_owned(), Value::from("skip"));
    }
    FileAgent {
        kind: setup.kind.clone(),
        name: name.to_owned(),
        is_disabled: !setup.is_enabled(),
        guid: setup.guid.clone(),
        options: setup.options.clone(),
        schedule: setup.schedule.clone(),
        keep_messages_for: setup.keep_messages_for,
        more,
    }
}
