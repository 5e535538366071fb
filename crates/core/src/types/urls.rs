//! The addresses of remote agents, and what is told of all types.

use super::{Known, Reach, Tables};
use crate::{app::Switchboard, keys::Sealing, retry::optimistic};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    ids::Username,
    nouns::{AgentUrl, Hidden, Principal, RetryPolicy, Scope},
    ports::{Change, Key, Query, Registration, RemoteEndpoint, Write, find, list},
};

/// How long a call may take, unless an address says otherwise.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The longest address, in bytes.
const URL_MAX: usize = 2000;

/// The address of a remote agent, to be added.
#[derive(Debug)]
pub struct NewUrl {
    /// The address.
    pub url: String,
    /// The secret that both sides know, if they share one.
    pub secret: Option<SecretString>,
    /// How long a call may take; none for what is usual.
    pub timeout: Option<Duration>,
    /// How failed calls are tried again; none for what is usual.
    pub retry: Option<RetryPolicy>,
}

/// A type of agent, or an address where one should be.
#[derive(Debug, Clone)]
pub struct TypeView {
    /// What it says about itself, once it did.
    pub registration: Option<Registration>,
    /// Where it is, for administrators; none if it is built in.
    pub url: Option<String>,
    /// Whether it can be called.
    pub reach: Reach,
    /// Who added it, for administrators; none for the operator's and those that are built in.
    pub added_by: Option<Username>,
}

/// All types of agents, by name. Addresses where none answered yet are told to administrators only.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope.
pub fn list_types(caller: &Principal, app: &Switchboard) -> Result<Vec<TypeView>> {
    crate::workflows::require_workflows(caller)?;
    let is_admin = caller.has(Scope::Admin);
    let tables = app.types.read();
    let types = tables.types.iter().map(|(name, kind)| {
        let known = tables
            .urls
            .values()
            .find(|known| known.name.as_ref() == Some(name));
        TypeView {
            registration: Some(kind.registration.clone()),
            ..view(known, is_admin)
        }
    });
    let silent = tables
        .urls
        .values()
        .filter(|known| is_admin && known.name.is_none());
    Ok(types
        .chain(silent.map(|known| view(Some(known), is_admin)))
        .collect())
}

fn view(known: Option<&Known>, is_admin: bool) -> TypeView {
    TypeView {
        registration: None,
        url: known
            .filter(|_| is_admin)
            .map(|known| known.endpoint.url.clone()),
        reach: known.map_or(Reach::Registered, |known| known.reach.clone()),
        added_by: known
            .filter(|_| is_admin)
            .and_then(|known| known.added_by.clone()),
    }
}

/// Adds the address of a remote agent. Its type appears once it answers.
///
/// # Errors
/// [`Error::Forbidden`] unless the caller is an administrator; [`Error::Fields`] for what is no
/// address; [`Error::Conflict`] for one that is there.
pub async fn add_url(caller: &Principal, app: &Switchboard, new: NewUrl) -> Result<()> {
    require_admin(caller)?;
    check(&new.url)?;
    if app.types.read().is_operators(&new.url) {
        return Err(there_already(&new.url));
    }
    let store = &*app.ports.store;
    optimistic(store, async || {
        let key = Key::of::<AgentUrl>(new.url.as_str());
        if store.get(&key).await?.is_some() {
            return Err(there_already(&new.url));
        }
        let sealing = Sealing::begin(store, &*app.vault).await?;
        let name = AgentUrl::seal(&new.url);
        let seal = |secret: &SecretString| sealing.seal(&name, secret.expose_secret().as_bytes());
        let url = AgentUrl {
            id: new.url.clone(),
            added_by: caller.user().clone(),
            secret: new.secret.as_ref().map(seal).transpose()?,
            timeout_ms: new
                .timeout
                .map(|timeout| i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX)),
            retry: new.retry,
            created_at: app.ports.now(),
        };
        Ok(((), sealing.guard(Write::new().absent(key).put(url))?))
    })
    .await?;
    app.types.changed.notify_one();
    Ok(())
}

fn there_already(url: &str) -> Error {
    Error::Conflict(format!("{url} is there already; remove it first"))
}

/// Removes an address that was added at run time. Agents of its type wait until it is there again.
///
/// # Errors
/// [`Error::Forbidden`] unless the caller is an administrator; [`Error::NotFound`].
pub async fn remove_url(caller: &Principal, app: &Switchboard, url: &str) -> Result<()> {
    require_admin(caller)?;
    let build = || async move {
        let stored: AgentUrl = find(&*app.ports.store, url)
            .await?
            .ok_or(Error::NotFound("Agent type"))?;
        let write = Write::new()
            .unchanged(stored)
            .change(Change::Remove(Key::of::<AgentUrl>(url)));
        Ok(((), write))
    };
    optimistic(&*app.ports.store, build).await?;
    app.types.forget(url);
    app.types.changed.notify_one();
    Ok(())
}

fn require_admin(caller: &Principal) -> Result<()> {
    if caller.has(Scope::Admin) {
        return Ok(());
    }
    Err(Error::Forbidden(
        "Only administrators may add and remove the addresses of agents".to_owned(),
    ))
}

fn check(url: &str) -> Result<()> {
    let host = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
        .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let is_good = host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && url.len() <= URL_MAX
        && !url.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_good {
        return Ok(());
    }
    let message = "an address begins with http:// or https://, and has no name and password in it";
    // What stands before an @ may be a password.
    let shown = if url.contains('@') {
        Value::Null
    } else {
        url.into()
    };
    Err(FieldError::value(&["url"], message, shown).into())
}

/// Takes in the addresses that were added on any node, and forgets those that were removed.
pub(super) async fn take_in(app: &Switchboard) -> Result<()> {
    let stored: Vec<AgentUrl> = list(&*app.ports.store, &Query::AgentUrls).await?;
    let there: BTreeSet<&str> = stored.iter().map(|url| url.id.as_str()).collect();
    let gone = app.types.read().added_but(&there);
    for url in gone {
        app.types.forget(&url);
    }
    for url in &stored {
        if app.types.read().urls.contains_key(&url.id) {
            continue;
        }
        match known(app, url) {
            Ok(known) => drop(app.types.write().urls.insert(url.id.clone(), known)),
            Err(error) => {
                tracing::error!(url = url.id, %error, "the secret of a remote agent cannot be opened");
            }
        }
    }
    Ok(())
}

impl Tables {
    /// Whether the operator set this address.
    fn is_operators(&self, url: &str) -> bool {
        let known = self.urls.get(url);
        known.is_some_and(|known| known.added_by.is_none())
    }

    /// The addresses that were added at run time, but for these.
    fn added_but(&self, these: &BTreeSet<&str>) -> Vec<String> {
        let added = self
            .urls
            .iter()
            .filter(|(_, known)| known.added_by.is_some());
        added
            .map(|(url, _)| url.clone())
            .filter(|url| !these.contains(url.as_str()))
            .collect()
    }
}

fn known(app: &Switchboard, url: &AgentUrl) -> Result<Known> {
    let open = |sealed: &Hidden| {
        let opened = app.vault.open(&AgentUrl::seal(&url.id), sealed.reveal());
        let opened = opened.map_err(|error| Error::Internal(error.to_string()))?;
        let text = str::from_utf8(opened.expose_secret()).unwrap_or_default();
        Ok::<_, Error>(SecretString::from(text))
    };
    let own = url.timeout_ms.and_then(|ms| u64::try_from(ms).ok());
    let timeout = own.or(app.types.timeout_ms);
    let endpoint = RemoteEndpoint {
        url: url.id.clone(),
        secret: url.secret.as_ref().map(open).transpose()?,
        timeout: timeout.map_or(TIMEOUT, Duration::from_millis),
        is_trusted: false,
    };
    let now: Timestamp = app.ports.now();
    Ok(Known::new(
        endpoint,
        url.retry,
        Some(url.added_by.clone()),
        now,
    ))
}
