//! Requests to the addresses of agents: whoever knows the secret may make them.

use super::{
    life::{emit_all, memory_of},
    read::name_of,
};
use crate::{
    app::Switchboard,
    rates::Rate,
    types::{Answer, Request, Rules},
};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    ids::AgentId,
    nouns::{Object, WorkflowAgent},
    ports::find,
};

/// A request to the address of an agent, as it came.
#[derive(Debug)]
pub struct HookRequest {
    /// The number of the user in the address.
    pub user: i64,
    /// The agent.
    pub agent: AgentId,
    /// The secret that stands in the address, decoded.
    pub secret: String,
    /// The method.
    pub method: String,
    /// The ending of the address: `xml`, `json` or nothing.
    pub format: String,
    /// The whole address.
    pub url: String,
    /// The query, and over it the members of the body.
    pub params: Object,
    /// Where it comes from.
    pub peer: String,
}

/// Gives an agent a request to its address. What it emits is on disk when it is answered.
///
/// # Errors
/// [`Error::NotFound`] for an agent that has no address, is not there, or is disabled;
/// [`Error::RateLimited`] for whoever tries too often.
pub async fn hook(app: &Arc<Switchboard>, asked: HookRequest) -> Result<Answer> {
    let missing = || Error::NotFound("Agent");
    app.rates.check(Rate::Hooks, &asked.peer)?;
    let found: Option<WorkflowAgent> = find(&*app.ports.store, asked.agent.0.to_string()).await?;
    let agent = found
        .filter(|agent| agent.user == asked.user && agent.is_enabled())
        .ok_or_else(missing)?;
    let kind = app.types.get(&agent.kind).ok_or_else(missing)?;
    let rules: &dyn Rules = kind.rules().ok_or_else(missing)?;
    let name = name_of(app, &agent).await?;
    let request = Request {
        secret: &asked.secret,
        method: &asked.method,
        format: &asked.format,
        url: &asked.url,
        agent: &name,
        params: asked.params,
    };
    let now = app.ports.now();
    if let Some(mut answer) = rules.hook(&agent.options, &request, now) {
        let messages = std::mem::take(&mut answer.messages);
        if !messages.is_empty() {
            emit_all(app, &agent, &messages).await?;
        }
        return Ok(answer);
    }
    let memory = memory_of(app, &agent).await?;
    let feed = rules.feed(&agent.options, &memory, &request, now);
    feed.ok_or_else(missing)
}
