//! Ending a session: by its owner, to make room, or because its lifetime is over.

use super::read;
use crate::{app::Switchboard, metrics, retry::optimistic};
use switchboard_domain::{
    Error, Result, Timestamp,
    nouns::{Event, Notice, Principal, Session, SessionStatus, StopReason},
    ports::{Change, Query, Signal, Topic, Write, WriteError, list},
};

/// Ends a session of the caller's. What runs in it is cancelled, its connections are closed, and its
/// transcript stays. One that expired was over before: it only leaves the lists.
///
/// # Errors
/// [`Error::NotFound`], also when it ended before; [`Error::Forbidden`] for another owner's; [`Error::RateLimited`].
pub async fn end(caller: &Principal, app: &Switchboard, id: &str) -> Result<()> {
    read::limit_queries(caller, app)?;
    let build = || async move {
        let session = read::not_deleted(caller, app, id).await?;
        let write = match session.status {
            SessionStatus::Expired => forgotten(&session),
            SessionStatus::Active | SessionStatus::Ended => {
                let stop = Event::Stop {
                    reason: StopReason::SessionDeleted,
                };
                over(app, Write::new(), &session, SessionStatus::Ended, stop)
            }
        };
        Ok((session, write))
    };
    let (session, _) = optimistic(&*app.ports.store, build).await?;
    if session.status == SessionStatus::Active {
        metrics::session_ended(metrics::End::Deleted);
        announce(app, &session);
    }
    Ok(())
}

/// Deletes a session that expired. It has had its last event, and nothing is stored behind that.
fn forgotten(session: &Session) -> Write {
    let deleted = Session {
        status: SessionStatus::Ended,
        ..session.clone()
    };
    Write::new().unchanged(session.clone()).put(deleted)
}

/// Expires the sessions whose time has come, and says when the next one is due.
pub async fn expire_due(app: &Switchboard, slice: usize) -> Result<Option<Timestamp>> {
    loop {
        let next: Vec<Session> =
            list(&*app.ports.store, &Query::NextToExpire { limit: slice }).await?;
        let now = app.ports.now();
        let (due, later): (Vec<_>, Vec<_>) = next
            .into_iter()
            .partition(|session| session.expires_at.is_some_and(|at| at <= now));
        for session in &due {
            expire(app, session).await?;
        }
        if due.len() < slice {
            return Ok(later.first().and_then(|session| session.expires_at));
        }
    }
}

async fn expire(app: &Switchboard, session: &Session) -> Result<()> {
    let farewell = Event::System {
        notice: Notice::SessionExpired,
        content: "The session has expired; create a new one to go on".to_owned(),
    };
    let write = over(app, Write::new(), session, SessionStatus::Expired, farewell);
    match app.ports.store.commit(write).await {
        Ok(_) => {
            metrics::session_ended(metrics::End::Expired);
            announce(app, session);
        }
        // Somebody else ended it first.
        Err(WriteError::Refused(_)) => {}
        Err(error) => return Err(Error::from(error)),
    }
    Ok(())
}

/// Adds to a write what ends a session: its new state, its last event, and the end of what runs.
pub(super) fn over(
    app: &Switchboard,
    write: Write,
    session: &Session,
    status: SessionStatus,
    last: Event,
) -> Write {
    let ended = Session {
        status,
        ended_at: Some(app.ports.now()),
        ..session.clone()
    };
    write
        .unchanged(session.clone())
        .put(ended)
        .append(session.stream(), last)
        .change(Change::Cancel(session.lane()))
}

/// Tells who follows the session, and who works on it, that it is over.
pub(super) fn announce(app: &Switchboard, session: &Session) {
    app.ports
        .bus
        .publish(&Topic::Cancels, Signal::Cancelled(session.lane()));
    app.ring(&Topic::Stream(session.stream()));
    app.recent.forget(&session.stream());
}
