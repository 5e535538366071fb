//! The message that a call is about.

use crate::app::Switchboard;
use switchboard_domain::{
    Result,
    ids::{AgentId, EmittedId, StreamId},
    nouns::{Event, Received, Recorded, WorkflowAgent},
    ports::Page,
};

/// How many messages of an agent are kept at hand.
pub const RECENT: usize = 1024;

/// The message with this number of this agent; none if it was purged.
pub async fn find_message(app: &Switchboard, source: AgentId, no: i64) -> Result<Option<Recorded>> {
    let stream = StreamId::emitted(source);
    if let Some(event) = app.recent.at(&stream, no) {
        return Ok(Some(event.recorded.clone()));
    }
    let page = Page::UpTo {
        no,
        limit: 1,
        bytes: 1,
    };
    let found = app.ports.store.events(&stream, page).await?;
    let found = found.into_iter().next();
    Ok(found.filter(|found| found.position.no == no))
}

/// A message as its receivers see it. Without the agent that emitted it nobody knows when it expires.
pub fn received(
    source: AgentId,
    emitter: Option<&WorkflowAgent>,
    user: i64,
    found: Recorded,
) -> Option<Received> {
    let Event::Emitted { payload } = found.event else {
        return None;
    };
    let created_at = found.position.at;
    Some(Received {
        id: EmittedId::new(source, found.position.no).integer(),
        agent: source,
        user,
        payload,
        created_at,
        expires_at: emitter.and_then(|emitter| emitter.expires_at(created_at)),
    })
}
