//! From a step of another server's to an outcome here.

use super::answer::{FUNCTIONS, FarArtifact, FarStep};
use super::ask::{Failure, refused};
use super::{Peer, TASK};
use crate::failure::retry_after;
use crate::file::pieces;
use crate::http::IDLE;
use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_domain::nouns::{
    Call, Delegation, NewArtifact, NewContent, Object, Outcome, Reply, Source, Usage, Why,
};
use switchboard_domain::ports::{CallError, Elsewhere, Opened};
use tokio::time::timeout;

/// A file of a task of another server's.
struct FarFile {
    peer: Peer,
    delegation: Delegation,
    task: String,
    artifact: String,
}

#[async_trait]
impl Elsewhere for FarFile {
    async fn open(&self) -> Result<Opened, CallError> {
        let path = ["tasks", &self.task, "artifacts", &self.artifact];
        let headers = self.peer.headers(&self.delegation)?;
        let sent = self.peer.send(Method::GET, &path, headers, Vec::new());
        let response = match timeout(IDLE, sent).await {
            Ok(response) => response?,
            Err(_) => {
                return Err(CallError::Transient {
                    message: format!("the other server said nothing for {} s", IDLE.as_secs()),
                    retry_after: None,
                });
            }
        };
        let status = response.status();
        if status.is_success() {
            return Ok(pieces(response));
        }
        Err(match refused(status, retry_after(response.headers()), "") {
            Failure::Missing => CallError::Permanent {
                message: "the other server does not have the file any more".to_owned(),
            },
            failure => failure.into(),
        })
    }
}

impl Peer {
    /// What a step that is done gives to whoever asked.
    pub(super) fn outcome(&self, task: &str, call: &Call, step: FarStep) -> Outcome {
        let mut memory = Object::new();
        if !step.is_last {
            memory.insert(TASK.to_owned(), task.into());
        }
        let error = step.additional_output.get("error").and_then(Value::as_str);
        let error = error.map(str::to_owned);
        let mut outcome = Outcome {
            memory: Some(memory),
            usage: usage(&step.additional_output),
            ..Outcome::default()
        };
        match &call.why {
            Why::Step(_) => {
                outcome.artifacts = self.artifacts(task, call, &step.artifacts);
                outcome.done = step.is_last;
                outcome.goes_on = !step.is_last;
                outcome.replies.extend(reply(step.output));
                outcome.name = step.name;
                outcome.additional_output = step.additional_output;
                if !step.functions.is_empty() {
                    let functions = step.functions.into_iter().map(Value::from).collect();
                    outcome
                        .additional_output
                        .insert(FUNCTIONS.to_owned(), functions);
                }
            }
            Why::Message(_) => {
                let said = step.output.filter(|said| Some(said) != error.as_ref());
                outcome.replies.extend(reply(said.or_else(|| {
                    // Even silence is an answer.
                    error.is_none().then(String::new)
                })));
                outcome.errors.extend(error);
            }
            Why::Receive(_) | Why::Check => {
                outcome.messages.extend(self.message(task, &step));
                outcome.errors.extend(error);
            }
        }
        outcome
    }

    fn artifacts(&self, task: &str, call: &Call, artifacts: &[FarArtifact]) -> Vec<NewArtifact> {
        let artifacts = artifacts.iter().map(|artifact| NewArtifact {
            file_name: artifact.file_name.clone(),
            relative_path: artifact.relative_path.clone(),
            content_type: None,
            content: NewContent::Elsewhere(Source(Arc::new(FarFile {
                peer: self.clone(),
                delegation: call.delegation.clone(),
                task: task.to_owned(),
                artifact: artifact.id.clone(),
            }))),
        });
        artifacts.collect()
    }

    /// What is emitted in a workflow.
    fn message(&self, task: &str, step: &FarStep) -> Option<Object> {
        let says_nothing = step.output.as_ref().is_none_or(String::is_empty);
        if says_nothing && step.additional_output.is_empty() && step.artifacts.is_empty() {
            return None;
        }
        let files = step.artifacts.iter().filter_map(|artifact| {
            let path = ["tasks", task, "artifacts", &artifact.id];
            Some(json!({
                "file_name": artifact.file_name,
                "relative_path": artifact.relative_path,
                "url": self.url(&path).ok()?.as_str(),
            }))
        });
        let members = [
            ("message", json!(step.output.as_deref().unwrap_or_default())),
            ("additional_output", json!(step.additional_output)),
            ("artifacts", files.collect()),
            ("is_last", step.is_last.into()),
        ];
        let members = members.into_iter();
        Some(
            members
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }
}

fn reply(said: Option<String>) -> Option<Reply> {
    said.map(|content| Reply { content })
}

/// The tokens, where the other server tells them as a Switchboard does.
fn usage(output: &Object) -> Option<Usage> {
    let usage: Usage = serde_json::from_value(output.get("usage")?.clone()).ok()?;
    (usage.input_tokens >= 0 && usage.output_tokens >= 0).then_some(usage)
}
