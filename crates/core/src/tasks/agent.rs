//! Which agent is meant.

use crate::{agents::provider_and_model, app::Switchboard};
use switchboard_domain::{
    Error, Reason, Result,
    ids::AgentId,
    nouns::{Agent, DEPTH_MAX, Delegation, Principal, Scope},
    ports::find,
};

/// The agent as its tasks name it: the one that is named, or the one that the operator set.
pub fn name(app: &Switchboard, named: Option<&str>) -> String {
    let named = named.unwrap_or(&app.settings.default_agent);
    named
        .parse::<AgentId>()
        .map_or_else(|_| named.to_owned(), |id| id.to_string())
}

/// The same, of an agent that the caller may use.
///
/// # Errors
/// [`Error::NotFound`], also for one that is not shared with the caller.
pub async fn usable(caller: &Principal, app: &Switchboard, named: Option<&str>) -> Result<String> {
    let name = name(app, named);
    let there = if let Ok(id) = name.parse::<AgentId>() {
        let agent = find::<Agent>(&*app.ports.store, id.0.to_string()).await?;
        agent.is_some_and(|agent| agent.is_visible_to(caller.user()))
    } else {
        let (provider, _) = provider_and_model(&name);
        let found = app.runtimes.get(provider);
        provider != crate::runtimes::REGISTERED && found.is_some_and(|(info, _)| info.usable)
    };
    match (there, named) {
        (true, _) => Ok(name),
        (false, Some(_)) => Err(Error::NotFound("Agent")),
        (false, None) => Err(Error::Invalid(format!(
            "The default agent `{name}` is not there, or not shared with you; the operator names another \
             by tasks.default_agent, and /agents/{{agent_id}} leads to each"
        ))),
    }
}

/// Whether a request that came this way through other servers may go on.
///
/// # Errors
/// [`Reason::DelegationLoop`] where it was here before, or went too far.
pub fn check_way(app: &Switchboard, way: &Delegation) -> Result<()> {
    if way.met(app.signer.server_id()) {
        return Err(Error::Named(Reason::DelegationLoop,
            "This request was passed on in a circle and came back here; let one of its servers use \
             another agent"
                .to_owned(),
        ));
    }
    if way.is_too_deep() {
        return Err(Error::Named(
            Reason::DelegationLoop,
            format!(
                "This request was passed on more than {DEPTH_MAX} times; let one of its servers use an \
             agent of its own"
            ),
        ));
    }
    Ok(())
}

/// Tasks are for signed-in users and for API tokens with the scope `tasks`.
pub fn require(caller: &Principal) -> Result<()> {
    if caller.has(Scope::Tasks) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "This API token lacks the scope `tasks`".to_owned(),
    ))
}
