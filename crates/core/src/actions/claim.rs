//! Whoever runs actions: claiming one, being heard of, and giving the result.

use super::{Book, after, decide::gives, name_of, onward, policy::Standing, read};
use crate::app::Switchboard;
use futures::StreamExt;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use switchboard_domain::{
    Error, Reason, Result, Timestamp,
    error::FieldError,
    ids::{ActionId, StreamId, Username},
    nouns::{
        Action, ActionState, Object, Pattern, Place, Principal, Scope,
        action::{ActionEvent, ActionResult, Holder, Verdict},
    },
    ports::{Query, Topic, Write, find, list},
    text::{clip, storable},
};

/// How many actions are looked at at once for one that fits.
const SLICE: usize = 100;
/// After how long the rows are looked at by who waits and was not rung, in seconds: another node may
/// have made one ready.
const LOOK_S: i64 = 5;
/// The longest reason, in bytes.
const WORDS: usize = 1000;
/// The longest result, in bytes of its JSON.
const RESULT: usize = 1 << 20;

/// What somebody wants to run.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// Which capabilities.
    pub capabilities: Vec<Pattern>,
    /// How long to wait for one.
    pub wait: Duration,
}

/// What came of an action, as whoever ran it says.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Under which lease.
    pub lease: i64,
    /// Of what.
    pub digest: String,
    /// What.
    pub result: ActionResult,
}

fn require_executor(caller: &Principal) -> Result<()> {
    if caller.has(Scope::Act) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "This API token lacks the scope `act`".to_owned(),
    ))
}

/// Who runs an action, as trails name them: an executor, or the user's client.
fn runner(caller: &Principal, action: &Action) -> Result<String> {
    if action.at == Place::Executor {
        require_executor(caller)?;
        return Ok(name_of(caller));
    }
    let is_client = [Scope::Tasks, Scope::Chat, Scope::Act].map(|scope| caller.has(scope));
    if is_client.contains(&true) {
        return Ok(onward::client(caller.user()));
    }
    Err(Error::Forbidden(
        "This API token lacks the scope `tasks` or `chat`".to_owned(),
    ))
}

/// Claims the oldest action of the caller's user that it may run, and waits for one if there is none.
///
/// # Errors
/// [`Error::Forbidden`] for callers that run no actions.
pub async fn claim(
    caller: &Principal,
    app: &Arc<Switchboard>,
    request: &ClaimRequest,
) -> Result<Option<Action>> {
    require_executor(caller)?;
    let owner = caller.user();
    let wait = i64::try_from(request.wait.as_micros()).unwrap_or(i64::MAX);
    let deadline = app.ports.now().plus_micros(wait);
    let mut bell = app
        .ports
        .bus
        .subscribe(&Topic::Stream(StreamId::trail(owner)));
    let by = name_of(caller);
    loop {
        let fits = |action: &Action| {
            let mut patterns = request.capabilities.iter();
            patterns.any(|pattern| pattern.matches(&action.capability))
        };
        if let Some(action) = oldest(app, Some(owner), Place::Executor, &by, fits).await? {
            return Ok(Some(action));
        }
        let now = app.ports.now();
        if now >= deadline {
            return Ok(None);
        }
        let look_at = deadline.min(now.plus_seconds(LOOK_S));
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return Err(Error::Unavailable),
            _ = bell.next() => {}
            () = app.ports.clock.sleep_until(look_at) => {}
        }
    }
}

/// Claims the oldest action that fits.
///
/// # Errors
/// When the store fails.
pub async fn oldest(
    app: &Arc<Switchboard>,
    owner: Option<&Username>,
    at: Place,
    by: &str,
    fits: impl Fn(&Action) -> bool,
) -> Result<Option<Action>> {
    let mut after: Option<(Timestamp, ActionId)> = None;
    loop {
        let query = Query::ReadyActions {
            owner: owner.cloned(),
            at,
            after: after.take(),
            limit: SLICE,
        };
        let ready: Vec<Action> = list(&*app.ports.store, &query).await?;
        let Some(last) = ready.last() else {
            return Ok(None);
        };
        after = Some((last.created_at, last.id.clone()));
        for action in ready.into_iter().filter(|action| fits(action)) {
            if let Some(claimed) = take(app, &action, by).await? {
                return Ok(Some(claimed));
            }
        }
    }
}

/// Claims this action, unless somebody else did, or it may not be run any more: that is looked at again,
/// in the write that claims.
async fn take(app: &Arc<Switchboard>, seen: &Action, by: &str) -> Result<Option<Action>> {
    let build = || async move {
        let mut book = Book::open(app, &seen.owner).await?;
        let found = find::<Action>(&*app.ports.store, seen.id.key());
        let Some(action) = found.await?.filter(Action::is_open) else {
            return Ok((None, Write::new()));
        };
        let (now, at) = (app.ports.now(), action.at);
        let holder = Holder {
            by: by.to_owned(),
            until: now.plus_seconds(i64::from(action.function.timeout_s) + margin(at)),
        };
        // Somebody else has it, or it is due to expire: then it is not for us.
        let Ok(running) = action.after(&ActionEvent::Claim(holder), now) else {
            return Ok((None, Write::new()));
        };
        let standing = Standing::read(app, &seen.owner).await?;
        let verdict = standing.still(&action, now);
        standing.store(&mut book);
        book.unchanged(action.clone());
        if matches!(verdict, Verdict::Ready(_)) {
            book.enter("claimed", by, Some(&running), Object::new())?;
            let running = onward::store(&mut book, running).await?;
            return Ok((Some(running), book.into_write(Write::new())));
        }
        let next = super::after(&action, &ActionEvent::Decide(verdict), now)?;
        book.enter("no longer allowed", "policy", Some(&next), Object::new())?;
        onward::store(&mut book, next).await?;
        Ok((None, book.into_write(Write::new())))
    };
    Ok(super::commit(app, build).await?.0)
}

/// How much longer than the function may run its lease is good, in seconds: the server itself stops in
/// time, and then has to store what came of it.
const fn margin(at: Place) -> i64 {
    match at {
        Place::Server => 15,
        _ => 0,
    }
}

/// A ready action, claimed for the user's client: it is handed out.
///
/// # Errors
/// When the store fails.
pub async fn handed_out(app: &Arc<Switchboard>, seen: &Action) -> Result<Action> {
    let build = || async move {
        let mut book = Book::open(app, &seen.owner).await?;
        let found = find::<Action>(&*app.ports.store, seen.id.key()).await?;
        let action = found.ok_or(Error::NotFound("Action"))?;
        let next = if action.state == ActionState::Ready {
            hand_out(&mut book, &action).await?
        } else {
            action
        };
        Ok((next, book.into_write(Write::new())))
    };
    Ok(super::commit(app, build).await?.0)
}

async fn hand_out(book: &mut Book<'_>, action: &Action) -> Result<Action> {
    let now = book.app().ports.now();
    let standing = Standing::read(book.app(), book.owner()).await?;
    let verdict = standing.still(action, now);
    standing.store(book);
    book.unchanged(action.clone());
    let next = if matches!(verdict, Verdict::Ready(_)) {
        super::propose::begun(book, action.clone())?
    } else {
        let next = after(action, &ActionEvent::Decide(verdict), now)?;
        book.enter("no longer allowed", "policy", Some(&next), Object::new())?;
        next
    };
    onward::store(book, next).await
}

/// Notes that whoever runs an action still does.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Named`] when the lease is lost.
pub async fn heartbeat(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: &str,
    lease: i64,
    digest: &str,
) -> Result<Action> {
    require_executor(caller)?;
    let build = || async move {
        let action = read::own(caller, app, id).await?;
        runs(caller, &action)?;
        if action.digest != digest {
            let refused = ActionEvent::Finish(lease, digest.to_owned(), unsaid());
            after(&action, &refused, app.ports.now())?;
        }
        let now = app.ports.now();
        let until = now.plus_seconds(action.function.timeout_s.into());
        let next = after(&action, &ActionEvent::Heartbeat(lease, until), now)?;
        // Only the row says it: a trail of heartbeats would tell nothing.
        let write = Write::new().unchanged(action).put(next.clone());
        Ok((next, write))
    };
    Ok(super::commit(app, build).await?.0)
}

const fn unsaid() -> ActionResult {
    ActionResult::Succeeded(Value::Null)
}

/// Whether the caller is who runs it.
fn runs(caller: &Principal, action: &Action) -> Result<()> {
    let by = runner(caller, action)?;
    let other = action.holder.as_ref().is_some_and(|holder| holder.by != by);
    if other {
        let lost = switchboard_domain::nouns::action::Refused::LeaseLost;
        return Err(Error::Named(
            Reason::LeaseLost,
            format!("{}: {lost}", action.id),
        ));
    }
    Ok(())
}

/// Takes the result of an action from whoever ran it.
///
/// # Errors
/// [`Error::Forbidden`] for callers that run no actions; [`Error::NotFound`]; [`Error::Named`] for another digest, a lease that is lost, an action that is
/// over, and a result that does not fit.
pub async fn finish(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: &str,
    finished: &Finished,
) -> Result<Action> {
    require_executor(caller)?;
    take_result(caller, app, id, finished).await
}

async fn take_result(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: &str,
    finished: &Finished,
) -> Result<Action> {
    let build = || async move {
        let mut book = Book::open(app, caller.user()).await?;
        let action = read::own(caller, app, id).await?;
        let by = runner(caller, &action)?;
        runs(caller, &action)?;
        let next = finished_by(&mut book, &action, &by, finished).await?;
        Ok((next, book.into_write(Write::new())))
    };
    Ok(super::commit(app, build).await?.0)
}

/// The same from the client of a task, which may say it twice: what it said before changes nothing.
///
/// # Errors
/// As [`finish`].
pub async fn finish_or_repeat(
    caller: &Principal,
    app: &Arc<Switchboard>,
    id: &str,
    finished: &Finished,
) -> Result<Action> {
    match take_result(caller, app, id, finished).await {
        Err(Error::Named(Reason::AlreadyResolved, words)) => {
            let action = read::own(caller, app, id).await?;
            let said = match &finished.result {
                ActionResult::Succeeded(_) => ActionState::Succeeded,
                ActionResult::Failed(_) => ActionState::Failed,
                ActionResult::Declined(_) => ActionState::Declined,
            };
            let same = action.lease == finished.lease && action.digest == finished.digest;
            if same && action.state == said {
                return Ok(action);
            }
            Err(Error::Named(Reason::AlreadyResolved, words))
        }
        other => other,
    }
}

/// Adds to a book what came of an action.
///
/// # Errors
/// As [`finish`].
pub async fn finished_by(
    book: &mut Book<'_>,
    action: &Action,
    by: &str,
    finished: &Finished,
) -> Result<Action> {
    let result = match &finished.result {
        ActionResult::Succeeded(output) => {
            if output.to_string().len() > RESULT {
                let words = format!("may have at most {RESULT} bytes");
                return Err(FieldError::value(&["output"], words, Value::Null).into());
            }
            finished.result.clone()
        }
        ActionResult::Failed(why) => ActionResult::Failed(short(why)),
        ActionResult::Declined(why) => ActionResult::Declined(short(why)),
    };
    let (lease, digest) = (finished.lease, finished.digest.clone());
    let now = book.app().ports.now();
    let next = after(action, &ActionEvent::Finish(lease, digest, result), now)?;
    if let ActionResult::Succeeded(output) = &finished.result {
        gives(action, output)?;
    }
    book.unchanged(action.clone());
    book.enter("finished", by, Some(&next), Object::new())?;
    onward::store(book, next).await
}

fn short(why: &str) -> String {
    clip(storable(why).into_owned(), WORDS)
}
