//! Beginning to connect an account.

use super::{device, failed, oauth, provider, require};
use crate::{
    app::{Switchboard, id_or_not_found},
    rates::Rate,
    retry::optimistic,
};
use futures::StreamExt;
use std::time::Duration;
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    ids::{ChallengeId, Username},
    nouns::{Account, Challenge, Flow, Principal},
    ports::{Key, OAuthProvider, Query, Topic, Write, find, list},
};

/// How long somebody has who begins by themselves, in seconds.
const LIFETIME_S: i64 = 600;
/// How long a code has to be good for yet to be shown once more, in seconds.
const LONG_ENOUGH_S: i64 = 120;
/// How many ways a user may have begun.
const OPEN_MAX: usize = 50;
/// How many scopes are asked for at most, and how long one is, in bytes.
const SCOPES_MAX: (usize, usize) = (100, 300);
/// How often it is looked at whether it is connected, even when nobody rings, in seconds.
const LOOK_S: i64 = 5;

/// An account that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The provider, as the operator calls it.
    pub provider: String,
    /// What it is to be used for; the provider's usual scopes are asked for besides.
    pub scopes: Vec<String>,
    /// Whether a code is to be entered elsewhere, rather than a page opened.
    pub by_device: bool,
}

/// Begins to connect an account of the caller's.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope; [`Error::NotFound`] for an unknown
/// provider; [`Error::Fields`] for scopes that are none; [`Error::RateLimited`] (counted with agent
/// operations); [`Error::QuotaExceeded`]; what the provider answers.
pub async fn begin(caller: &Principal, app: &Switchboard, wanted: &Wanted) -> Result<Challenge> {
    require(caller)?;
    app.rates.check(Rate::AgentOps, caller.user().as_str())?;
    let until = app.ports.now().plus_seconds(LIFETIME_S);
    begin_for(app, caller.user(), wanted, until).await
}

/// Begins to connect an account for an action of this user's that waits until then. A way that is
/// open already for the same is taken again.
///
/// # Errors
/// As for [`begin`], but for the caller.
pub async fn begin_for(
    app: &Switchboard,
    owner: &Username,
    wanted: &Wanted,
    until: Timestamp,
) -> Result<Challenge> {
    let provider = provider(app, &wanted.provider)?;
    check(&wanted.scopes)?;
    let scopes = scopes(app, owner, provider, &wanted.scopes).await?;
    if wanted.by_device {
        if let Some(same) = by_device(app, owner, provider, &scopes).await? {
            return Ok(same);
        }
        let grant = oauth(app)?.begin_device(&provider.name, &scopes).await;
        let grant = grant.map_err(failed)?;
        return device::begin(app, owner, provider, scopes, grant).await;
    }
    let store = &*app.ports.store;
    let (challenge, _) = optimistic(store, async || {
        let open = list::<Challenge>(store, &Query::ChallengesOf(owner.clone())).await?;
        let is_same = |it: &&Challenge| {
            let waits = matches!(it.flow, Flow::Open | Flow::Browser { .. });
            let asks = it.provider == provider.name && it.scopes == scopes;
            waits && asks && it.expires_at > app.ports.now()
        };
        if let Some(same) = open.iter().find(is_same) {
            let mut longer = same.clone();
            longer.expires_at = same.expires_at.max(until);
            longer.due_at = longer.expires_at;
            let write = Write::new().unchanged(same.clone()).put(longer.clone());
            return Ok((longer, write));
        }
        has_room(&open)?;
        let challenge = new(app, owner, provider, scopes.clone(), until);
        let key = Key::of::<Challenge>(challenge.id.key());
        let write = Write::new().absent(key).put(challenge.clone());
        Ok((challenge, write))
    })
    .await?;
    Ok(challenge)
}

/// A way by a code for the same that is open already.
async fn by_device(
    app: &Switchboard,
    owner: &Username,
    provider: &OAuthProvider,
    scopes: &[String],
) -> Result<Option<Challenge>> {
    let query = Query::ChallengesOf(owner.clone());
    let all = list::<Challenge>(&*app.ports.store, &query).await?;
    let soon = app.ports.now().plus_seconds(LONG_ENOUGH_S);
    Ok(all.into_iter().find(|it| {
        let asks = it.provider == provider.name && it.scopes == scopes;
        matches!(it.flow, Flow::Device { .. }) && asks && it.expires_at > soon
    }))
}

/// The page where the owner of a way begins; without an address of the server in the settings, its path.
pub fn page_of(app: &Switchboard, id: &ChallengeId) -> String {
    let base = app.settings.public_url.as_deref().unwrap_or_default();
    format!("{}/connect/{id}", base.trim_end_matches('/'))
}

/// A way that nobody has begun.
pub(super) fn new(
    app: &Switchboard,
    owner: &Username,
    provider: &OAuthProvider,
    scopes: Vec<String>,
    until: Timestamp,
) -> Challenge {
    Challenge {
        id: ChallengeId::from_uuid(app.ports.uuid()),
        owner: owner.clone(),
        provider: provider.name.clone(),
        scopes,
        flow: Flow::Open,
        sealed: None,
        due_at: until,
        created_at: app.ports.now(),
        expires_at: until,
    }
}

/// Whether another way may be begun.
pub(super) fn has_room(all: &[Challenge]) -> Result<()> {
    if all.iter().filter(|it| it.is_open()).count() < OPEN_MAX {
        return Ok(());
    }
    Err(Error::QuotaExceeded(format!(
        "You have begun to connect {OPEN_MAX} accounts; go on with those, or wait until they lapse"
    )))
}

/// All that is asked for: what is usual, what is wanted, and what the account has already, so that
/// connecting it anew takes nothing away.
async fn scopes(
    app: &Switchboard,
    owner: &Username,
    provider: &OAuthProvider,
    wanted: &[String],
) -> Result<Vec<String>> {
    let key = Account::key(owner, &provider.name);
    let account: Option<Account> = find(&*app.ports.store, key).await?;
    let has = account.map(|account| account.scopes).unwrap_or_default();
    let mut all: Vec<String> = Vec::new();
    for scope in provider.scopes.iter().chain(wanted).chain(&has) {
        if !all.contains(scope) {
            all.push(scope.clone());
        }
    }
    Ok(all)
}

/// Scopes are visible characters without quotes (RFC 6749 §3.3).
fn check(scopes: &[String]) -> Result<()> {
    let (most, longest) = SCOPES_MAX;
    let is_scope = |scope: &String| {
        let letter = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        (1..=longest).contains(&scope.len()) && scope.bytes().all(letter)
    };
    if scopes.len() <= most && scopes.iter().all(is_scope) {
        return Ok(());
    }
    let message = format!(
        "must be at most {most} scopes of 1 to {longest} visible ASCII characters without \" and \\"
    );
    Err(FieldError::value(&["scopes"], message, serde_json::Value::Null).into())
}

/// A way of the caller's, once it came to an end, or after this time as it is.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope; [`Error::NotFound`] for one that is not
/// there or somebody else's.
pub async fn challenge(
    caller: &Principal,
    app: &Switchboard,
    id: &str,
    wait: Duration,
) -> Result<Challenge> {
    require(caller)?;
    let id: ChallengeId = id_or_not_found(id, "Challenge")?;
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    let until = app.ports.now().plus_micros(micros);
    let mut bell = app
        .ports
        .bus
        .subscribe(&Topic::Accounts(caller.user().clone()));
    loop {
        let found = find::<Challenge>(&*app.ports.store, id.key()).await?;
        let found = found.filter(|it| it.owner == *caller.user());
        let found = found.ok_or(Error::NotFound("Challenge"))?;
        let now = app.ports.now();
        if !found.is_open() || now >= until {
            return Ok(found);
        }
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return Ok(found),
            _ = bell.next() => {}
            () = app.ports.clock.sleep_until(until.min(now.plus_seconds(LOOK_S))) => {}
        }
    }
}
