//! Stopping what runs in a session.

use crate::{app::Switchboard, retry::optimistic};
use switchboard_domain::{
    Result,
    nouns::{Event, Lane, Principal, Session, StopReason},
    ports::{Change, Guard, Signal, Topic, Write, find},
};

/// Stops what runs or waits in a session of the caller's: the model call in flight is cancelled, and
/// one `stop` event ends the round. Says whether there was anything to stop.
///
/// # Errors
/// [`Error::Forbidden`](switchboard_domain::Error::Forbidden) for another owner's session;
/// [`Error::Conflict`](switchboard_domain::Error::Conflict) when it is over.
pub async fn stop(caller: &Principal, app: &Switchboard, session: &Session) -> Result<bool> {
    crate::sessions::require_owner(caller, session)?;
    let build = || async move {
        let lane = find::<Lane>(&*app.ports.store, session.lane().as_str()).await?;
        let Some(lane) = lane.filter(|lane| !lane.is_idle()) else {
            return Ok((false, Write::new()));
        };
        let write = Write::new()
            .guard(Guard::Active(session.id.clone()))
            .unchanged(lane)
            .change(Change::Cancel(session.lane()))
            .append(
                session.stream(),
                Event::Stop {
                    reason: StopReason::StoppedByUser,
                },
            );
        Ok((true, write))
    };
    let (stopped, _) = optimistic(&*app.ports.store, build).await?;
    if stopped {
        app.ports
            .bus
            .publish(&Topic::Cancels, Signal::Cancelled(session.lane()));
        app.ring(&Topic::Stream(session.stream()));
    }
    Ok(stopped)
}
