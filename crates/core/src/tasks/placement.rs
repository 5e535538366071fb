//! Where the functions of a step are run, as client and server agree before it begins.

use super::NewStep;
use crate::{actions, agents::Actor, app::Switchboard, capabilities, known::Known};
use switchboard_domain::{
    Result,
    nouns::{Applied, DefinedBy, Function, ServerCapabilities, Task},
    ports::Snapshot,
};

/// Where each function is run that the agent has in this step; none if the client says nothing of what
/// it can do.
///
/// # Errors
/// [`Error::Named`](switchboard_domain::Error::Named) where one side cannot have what it demands.
pub async fn agree(app: &Switchboard, task: &Task, new: &NewStep) -> Result<Option<Applied>> {
    let Some(client) = &new.said.capabilities else {
        return Ok(None);
    };
    let nothing = Snapshot::default();
    let known = Known::new(&*app.ports.store, &nothing);
    let actor = Actor::of_task(app, known, task).await?;
    let brought = |object| actions::of_options(object, DefinedBy::Client).unwrap_or_default();
    let functions = actions::definitions([
        &*actor.functions,
        &brought(&new.additional_input),
        &brought(&task.additional_input),
    ]);
    let server = ServerCapabilities {
        offers: functions.iter().filter_map(Function::offer).collect(),
        reserved: capabilities::offered(app).reserved,
    };
    capabilities::agree(client, &server).map(Some)
}
