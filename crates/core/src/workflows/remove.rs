//! Deleting agents.

use super::{
    create::TRIES,
    life::{memory_key, purge},
    read::{Estate, own},
    schedule::due_key,
};
use crate::{app::Switchboard, queue};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    ids::{AgentId, StreamId},
    nouns::{Activity, Agent, Links, Memory, Principal, Workflow, WorkflowAgent},
    ports::{Change, Key, Query, Signal, Topic, Write, WriteError, list as query},
};

/// Deletes an agent of the caller's with all that is its own. It is called no more at once; what it
/// emitted goes in slices.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn delete(caller: &Principal, app: &Arc<Switchboard>, id: AgentId) -> Result<()> {
    let agent = own(caller, app, id).await?;
    stop(app, &agent).await?;
    for dead in app
        .ports
        .store
        .dead_in(&agent.lane(), usize::MAX >> 1)
        .await?
    {
        let (lane, no) = (agent.lane(), dead.delivery.no);
        let forget = Write::new().change(Change::Forget { lane, no });
        app.ports.store.commit(forget).await?;
    }
    purge(app, &agent.messages(), i64::MAX).await?;
    purge(app, &StreamId::log(id), i64::MAX).await?;
    for _ in 0..TRIES {
        let write = removal(caller, app, id).await?;
        match queue::commit(app, write).await {
            Ok(_) => return Ok(()),
            Err(WriteError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict(
        "Others change the same agent; try again".to_owned(),
    ))
}

/// Nothing is given out any more, and what is worked on is refused.
async fn stop(app: &Arc<Switchboard>, agent: &WorkflowAgent) -> Result<()> {
    let lane = agent.lane();
    let write = Write::new()
        .change(Change::Pause(lane.clone()))
        .change(Change::Cancel(lane.clone()));
    queue::commit(app, write).await?;
    app.ports
        .bus
        .publish(&Topic::Cancels, Signal::Cancelled(lane));
    Ok(())
}

async fn removal(caller: &Principal, app: &Switchboard, id: AgentId) -> Result<Write> {
    let estate = Estate::of(caller, app).await?;
    let agent = estate.setups.iter().find(|setup| setup.id == id);
    let agent = agent.ok_or(Error::NotFound("Agent"))?;
    let number = id.0.to_string();
    let gone = [
        Key::of::<Agent>(&*number),
        Key::of::<WorkflowAgent>(&*number),
        Key::of::<Links>(&*number),
        Key::of::<Activity>(&*number),
        Key::of::<Memory>(memory_key(agent)),
        due_key(agent),
    ];
    let mut write = gone
        .into_iter()
        .fold(Write::new(), |write, key| write.change(Change::Remove(key)));
    write = write
        .unchanged(agent.clone())
        .change(Change::Cancel(agent.lane()));
    for was in estate.links.values() {
        let mut links = was.clone();
        links.receivers.retain(|other| *other != id);
        links.control_targets.retain(|other| *other != id);
        if links != *was && was.id != id {
            write = write.unchanged(was.clone()).put(links);
        }
    }
    let workflows = Query::WorkflowsOf(caller.user().clone());
    for was in query::<Workflow>(&*app.ports.store, &workflows).await? {
        if was.agents.contains(&id) {
            let mut workflow = was.clone();
            workflow.agents.retain(|other| *other != id);
            write = write.unchanged(was).put(workflow);
        }
    }
    Ok(write)
}
