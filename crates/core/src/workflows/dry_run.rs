//! Calling an agent without storing anything.

use super::{grants, life::memory_of, read::own};
use crate::app::Switchboard;
use switchboard_domain::{
    Error, Result,
    ids::AgentId,
    nouns::{Call, Delegation, Grants, History, Object, Outcome, Principal, Received, Wallet, Why},
    ports::find,
};

/// What an agent is tried with; none for what it has.
#[derive(Debug, Clone, Default)]
pub struct DryRun {
    /// Its options.
    pub options: Option<Object>,
    /// What it remembers.
    pub memory: Option<Object>,
    /// What a message says that it receives; none for a check.
    pub payload: Option<Object>,
}

/// Calls an agent of the caller's, and gives what it answered. Nothing is stored; but the agent itself
/// is really called, and does what it does. It is sent the credentials that it was granted before.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] when its type is not there. A call that fails is an
/// outcome with that error.
pub async fn dry_run(
    caller: &Principal,
    app: &Switchboard,
    id: AgentId,
    run: DryRun,
) -> Result<Outcome> {
    let agent = own(caller, app, id).await?;
    let kind = app.types.get(&agent.kind).ok_or_else(|| {
        let message = format!(
            "the type {} is not there, or its agent does not answer",
            agent.kind
        );
        Error::Invalid(message)
    })?;
    let memory = match run.memory {
        Some(memory) => memory,
        None => memory_of(app, &agent).await?,
    };
    let mut allowed: Grants = agent.grants.clone();
    let options = run.options.unwrap_or_else(|| agent.options.clone());
    grants::restrict(&mut allowed, &options);
    let wallet: Option<Wallet> = find(&*app.ports.store, agent.owner.as_str()).await?;
    let now = app.ports.now();
    let received = run.payload.map(|payload| Received {
        id: 0,
        agent: agent.id,
        user: agent.user,
        payload,
        created_at: now,
        expires_at: None,
    });
    let call = Call {
        id: format!("dry-run/{}", app.ports.random.uuid(now).simple()),
        attempt: 1,
        why: received.map_or(Why::Check, Why::Receive),
        model: agent.kind.clone(),
        instructions: None,
        options,
        memory,
        history: History::default(),
        credentials: grants::granted(app, &agent.owner, &allowed, wallet.as_ref())?,
        functions: Vec::new(),
        max_output_tokens: None,
        delegation: app.passed_on(&Delegation::default()),
    };
    Ok(kind.call(&call).await.unwrap_or_else(|error| Outcome {
        errors: vec![error.to_string()],
        ..Outcome::default()
    }))
}
