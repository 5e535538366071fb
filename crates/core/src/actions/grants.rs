//! Standing grants.

use super::{Book, policy::grant_id, require_approver, require_owner};
use crate::app::Switchboard;
use serde_json::json;
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    error::FieldError,
    ids::GrantId,
    nouns::{Grant, Object, Pattern, Principal},
    ports::{Change, Key, Query, Write, find, list},
};

/// How many grants a user may have.
const MOST: usize = 100;
/// How long a grant may stand, in seconds: a year.
const LONGEST_S: i64 = 366 * 86_400;
/// For how many actions it may be.
const MOST_ACTIONS: i64 = 1_000_000;
/// For how many patterns it may be.
const PATTERNS: usize = 64;

/// A grant to give.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// For these capabilities.
    pub capabilities: Vec<Pattern>,
    /// For this agent alone.
    pub agent: Option<String>,
    /// For so many actions.
    pub max: i64,
    /// For so many seconds.
    pub ttl_s: i64,
}

impl NewGrant {
    fn check(&self) -> Result<()> {
        let wrong = |member: &str, words: String| -> Error {
            FieldError::value(&[member], words, serde_json::Value::Null).into()
        };
        if !(1..=PATTERNS).contains(&self.capabilities.len()) {
            return Err(wrong("capabilities", format!("must have 1 to {PATTERNS}")));
        }
        if !(1..=MOST_ACTIONS).contains(&self.max) {
            return Err(wrong("max", format!("must be 1 to {MOST_ACTIONS}")));
        }
        if !(1..=LONGEST_S).contains(&self.ttl_s) {
            return Err(wrong("ttl_s", format!("must be 1 to {LONGEST_S}")));
        }
        Ok(())
    }
}

/// The standing grants of the caller, oldest first.
///
/// # Errors
/// [`Error::Named`] for callers that do not decide.
pub async fn list_grants(caller: &Principal, app: &Switchboard) -> Result<Vec<Grant>> {
    require_owner(caller)?;
    let now = app.ports.now();
    let query = Query::GrantsOf(caller.user().clone());
    let mut grants: Vec<Grant> = list(&*app.ports.store, &query).await?;
    grants.retain(|grant| grant.stands(now));
    Ok(grants)
}

/// Gives a grant. Those of the caller that are over go.
///
/// # Errors
/// [`Error::Named`] for callers that do not decide; [`Error::Fields`]; [`Error::QuotaExceeded`].
pub async fn create_grant(
    caller: &Principal,
    app: &Arc<Switchboard>,
    new: NewGrant,
) -> Result<Grant> {
    require_approver(caller)?;
    let now = app.ports.now();
    new.check()?;
    let grant = Grant {
        id: GrantId::from_uuid(app.ports.uuid()),
        owner: caller.user().clone(),
        capabilities: new.capabilities,
        agent: new.agent,
        max: new.max,
        used: 0,
        created_at: now,
        expires_at: now.plus_seconds(new.ttl_s),
    };
    let by = super::name_of(caller);
    let build = || async {
        let mut book = Book::open(app, caller.user()).await?;
        let query = Query::GrantsOf(caller.user().clone());
        let grants: Vec<Grant> = list(&*app.ports.store, &query).await?;
        let (stand, over): (Vec<_>, Vec<_>) = grants.into_iter().partition(|it| it.stands(now));
        if stand.len() >= MOST {
            return Err(Error::QuotaExceeded(format!(
                "You have {MOST} grants, which is the limit; take one back with DELETE"
            )));
        }
        for grant in over {
            book.change(Change::Remove(Key::of::<Grant>(grant.id.key())));
        }
        book.put(grant.clone());
        let details = Object::from_iter([("grant".to_owned(), json!(grant))]);
        book.enter("grant given", &by, None, details)?;
        Ok(((), book.into_write(Write::new())))
    };
    super::commit(app, build).await?;
    Ok(grant)
}

/// Takes a grant back. What it let through and nobody runs yet is asked about then.
///
/// # Errors
/// [`Error::NotFound`], also for another user's.
pub async fn remove_grant(caller: &Principal, app: &Arc<Switchboard>, id: &str) -> Result<()> {
    require_approver(caller)?;
    let id = grant_id(id)?;
    let by = super::name_of(caller);
    let build = || async {
        let mut book = Book::open(app, caller.user()).await?;
        let found: Option<Grant> = find(&*app.ports.store, id.key()).await?;
        let grant = found
            .filter(|grant| grant.owner == *caller.user())
            .ok_or(Error::NotFound("Grant"))?;
        book.unchanged(grant.clone());
        book.change(Change::Remove(Key::of::<Grant>(grant.id.key())));
        let details = Object::from_iter([("grant".to_owned(), json!(grant.id))]);
        book.enter("grant taken back", &by, None, details)?;
        Ok(((), book.into_write(Write::new())))
    };
    super::commit(app, build).await?;
    Ok(())
}
