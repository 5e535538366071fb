//! Reading sessions and their transcripts.

use crate::{
    app::{Switchboard, id_or_not_found},
    rates::Rate,
};
use switchboard_domain::{
    Error, Result,
    ids::SessionId,
    nouns::{Principal, Recorded, Scope, Session, SessionStatus, Stream},
    ports::{Page, Query, find},
};

/// How many sessions a list shows at most.
const LIST_MAX: usize = 200;
/// How many events one page of a transcript has at most.
const PAGE_MAX: usize = 1000;
/// How many bytes of events one page of a transcript has at most, unless it has one event only.
const PAGE_BYTES: usize = 4 << 20;

/// A page of a transcript.
#[derive(Debug)]
pub struct Transcript {
    /// The session.
    pub session: Session,
    /// The events, oldest first.
    pub events: Vec<Recorded>,
    /// The cursor for the next page; none when this one reaches the newest event.
    pub next: Option<i64>,
}

/// A session of the caller's in any state. For its transcript, and for saying why it is over.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Forbidden`] for another owner's.
pub async fn open(caller: &Principal, app: &Switchboard, id: &str) -> Result<Session> {
    require_chat(caller)?;
    let id: SessionId = id_or_not_found(id, "Session")?;
    let session: Session = find(&*app.ports.store, id.as_str())
        .await?
        .ok_or(Error::NotFound("Session"))?;
    require_owner(caller, &session)?;
    Ok(session)
}

/// A session of the caller's that has not been deleted.
///
/// # Errors
/// As [`open`]; [`Error::NotFound`] for one that ended; [`Error::RateLimited`].
pub async fn get(caller: &Principal, app: &Switchboard, id: &str) -> Result<Session> {
    limit_queries(caller, app)?;
    not_deleted(caller, app, id).await
}

/// Counts a query against the caller's limit.
pub(super) fn limit_queries(caller: &Principal, app: &Switchboard) -> Result<()> {
    app.rates.check(Rate::SessionQuery, caller.user().as_str())
}

/// As [`get`], for use cases that count on their own.
pub(crate) async fn not_deleted(
    caller: &Principal,
    app: &Switchboard,
    id: &str,
) -> Result<Session> {
    let session = open(caller, app, id).await?;
    if session.status == SessionStatus::Ended {
        return Err(Error::NotFound("Session"));
    }
    Ok(session)
}

/// The caller's sessions that have not been deleted, oldest first.
///
/// # Errors
/// [`Error::RateLimited`].
pub async fn list(caller: &Principal, app: &Switchboard) -> Result<Vec<Session>> {
    require_chat(caller)?;
    limit_queries(caller, app)?;
    let query = Query::Sessions {
        owner: caller.user().clone(),
        status: None,
        limit: LIST_MAX,
    };
    let mut sessions: Vec<Session> =
        switchboard_domain::ports::list(&*app.ports.store, &query).await?;
    sessions.retain(|session| session.status != SessionStatus::Ended);
    Ok(sessions)
}

/// The transcript after a cursor. It stays readable when the session is over.
///
/// # Errors
/// As [`open`]; [`Error::RateLimited`].
pub async fn transcript(
    caller: &Principal,
    app: &Switchboard,
    id: &str,
    after: i64,
    limit: usize,
) -> Result<Transcript> {
    limit_queries(caller, app)?;
    let session = open(caller, app, id).await?;
    let (store, stream) = (&*app.ports.store, session.stream());
    let page = Page::After {
        after,
        limit: limit.clamp(1, PAGE_MAX),
        bytes: PAGE_BYTES,
    };
    let events = store.events(&stream, page).await?;
    let head = find::<Stream>(store, stream.as_str()).await?;
    let newest = head.map_or(0, |head| head.last_no);
    let next = events
        .last()
        .map(|event| event.position.no)
        .filter(|last| *last < newest);
    Ok(Transcript {
        session,
        events,
        next,
    })
}

/// Only the owner of a session may do things in it.
pub(crate) fn require_owner(caller: &Principal, session: &Session) -> Result<()> {
    require_chat(caller)?;
    if session.owner == *caller.user() {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Not authorized to access this session".to_owned(),
    ))
}

/// Chat is for signed-in users and for API tokens with the scope `chat`.
pub(crate) fn require_chat(caller: &Principal) -> Result<()> {
    if caller.has(Scope::Chat) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "This API token lacks the scope `chat`".to_owned(),
    ))
}
