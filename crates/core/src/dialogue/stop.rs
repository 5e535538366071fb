//! Stopping what runs in a session.

use crate::app::Switchboard;
use switchboard_domain::{
    Error, Result,
    nouns::{Event, Principal, Session, StopReason},
    ports::{Change, Guard, Refusal, Signal, Topic, Write, WriteError},
};

/// Stops what runs or waits in a session of the caller's: the model call in flight is cancelled, and
/// one `stop` event ends the round. Says whether there was anything to stop.
///
/// # Errors
/// [`Error::Forbidden`] for another owner's session; [`Error::Conflict`] when it is over.
pub async fn stop(caller: &Principal, app: &Switchboard, session: &Session) -> Result<bool> {
    crate::sessions::require_owner(caller, session)?;
    // Whatever runs: agents that talk fast never leave the lane as somebody read it.
    let write = Write::new()
        .guard(Guard::Active(session.id.clone()))
        .guard(Guard::Busy(session.lane()))
        .change(Change::Cancel(session.lane()))
        .append(
            session.stream(),
            Event::Stop {
                reason: StopReason::StoppedByUser,
            },
        );
    match app.ports.store.commit(write).await {
        Ok(_) => {
            let cancelled = Signal::Cancelled(session.lane());
            app.ports.bus.publish(&Topic::Cancels, cancelled);
            app.ring(&Topic::Stream(session.stream()));
            Ok(true)
        }
        Err(WriteError::Refused(Refusal::Idle(_))) => Ok(false),
        Err(WriteError::Refused(Refusal::NotActive(_))) => {
            Err(Error::Conflict("The session is over".to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}
