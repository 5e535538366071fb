//! Connected accounts, without their tokens, and taking one away.

use super::{keep, oauth, require};
use crate::{app::Switchboard, retry::optimistic};
use switchboard_domain::{
    Error, Result,
    nouns::{Account, Principal},
    ports::{Change, Key, OAuthFailed, Query, Topic, Write, find, list},
};

/// An account that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnected {
    /// Whether the provider ended its tokens, too.
    pub is_revoked: bool,
    /// Why it did not, and what to do.
    pub hint: Option<String>,
}

/// The caller's accounts, by provider.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope.
pub async fn accounts(caller: &Principal, app: &Switchboard) -> Result<Vec<Account>> {
    require(caller)?;
    let query = Query::AccountsOf(caller.user().clone());
    Ok(list(&*app.ports.store, &query).await?)
}

/// Takes the caller's account with a provider away: it is used no more from now on, and the provider is
/// told to end its tokens.
///
/// # Errors
/// [`Error::Forbidden`] for an API token without the scope; [`Error::NotFound`].
pub async fn disconnect(
    caller: &Principal,
    app: &Switchboard,
    provider: &str,
) -> Result<Disconnected> {
    require(caller)?;
    let store = &*app.ports.store;
    let key = Account::key(caller.user(), provider);
    let (account, _) = optimistic(store, async || {
        let found: Option<Account> = find(store, key.as_str()).await?;
        let account = found.ok_or(Error::NotFound("Account"))?;
        let gone = Change::Remove(Key::of::<Account>(key.as_str()));
        let write = Write::new().unchanged(account.clone()).change(gone);
        Ok((account, write))
    })
    .await?;
    app.ring(&Topic::Accounts(account.owner.clone()));
    let tokens = keep::tokens(app, &account)?;
    let told = match oauth(app) {
        Ok(oauth) => oauth.revoke(provider, &tokens).await,
        Err(_) => Err(OAuthFailed::Unknown(provider.to_owned())),
    };
    let hint = told.err().map(|why| {
        format!("{why}. It is used here no more; to end its tokens, remove this application from your account there")
    });
    Ok(Disconnected {
        is_revoked: hint.is_none(),
        hint,
    })
}
