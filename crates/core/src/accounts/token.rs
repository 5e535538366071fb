//! A token for an action that runs, renewed before it ends.

use super::{keep, provider};
use crate::{app::Switchboard, keys::Sealing, retry::optimistic};
use futures::StreamExt;
use secrecy::ExposeSecret;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{AccountId, Username},
    nouns::Account,
    ports::{Injected, OAuthFailed, Store, Tokens, Topic, Write, WriteError, find},
};

/// A token that ends within so many seconds is renewed before it is used.
const MARGIN_S: i64 = 60;
/// How long somebody has to renew a token, in seconds, before somebody else does.
const RENEWING_S: i64 = 30;
/// How often it is looked at whether somebody else has, even when nobody rings, in seconds.
const LOOK_S: i64 = 1;
/// How long is waited for that, in seconds.
const PATIENCE_S: i64 = 60;

/// What an action may be made with.
#[derive(Debug, Clone)]
pub struct Token {
    /// The connection that it belongs to.
    pub connection: AccountId,
    /// The secret, the header for it, and the hosts that may have it.
    pub auth: Injected,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The user has to connect the account, or to connect it anew.
    #[error("{0}")]
    NotConnected(String),
    /// The provider does not answer; later it may.
    #[error("{0}")]
    Later(String),
    /// A fault of ours.
    #[error(transparent)]
    Broken(#[from] Error),
}

impl From<switchboard_domain::ports::StoreError> for NoToken {
    fn from(error: switchboard_domain::ports::StoreError) -> Self {
        Self::Broken(error.into())
    }
}

/// Which connection an action of this user's would use; none if the account is not connected, or not
/// for all of this.
///
/// # Errors
/// When the store fails.
pub async fn connection(
    store: &dyn Store,
    owner: &Username,
    provider: &str,
    scopes: &[String],
) -> Result<Option<AccountId>> {
    let account: Option<Account> = find(store, Account::key(owner, provider)).await?;
    Ok(account
        .filter(|account| account.covers(scopes))
        .map(|account| account.connection))
}

/// A token for an action of this user's. Only one node renews a token at a time; the others wait.
///
/// # Errors
/// [`NoToken`].
pub async fn token(
    app: &Switchboard,
    owner: &Username,
    provider_name: &str,
    scopes: &[String],
) -> std::result::Result<Token, NoToken> {
    let key = Account::key(owner, provider_name);
    let until = app.ports.now().plus_seconds(PATIENCE_S);
    let mut bell = app.ports.bus.subscribe(&Topic::Accounts(owner.clone()));
    loop {
        let account: Option<Account> = find(&*app.ports.store, key.as_str()).await?;
        let account = account.ok_or_else(|| not_connected(provider_name))?;
        if let Some(why) = &account.broken {
            return Err(NoToken::NotConnected(why.clone()));
        }
        if !account.covers(scopes) {
            let what =
                format!("the account with {provider_name} was not connected for all of this");
            return Err(NoToken::NotConnected(what));
        }
        let now = app.ports.now();
        if is_good(&account, now.plus_seconds(MARGIN_S)) {
            return held(app, &account);
        }
        if !account.can_renew {
            if is_good(&account, now) {
                return held(app, &account);
            }
            let what = format!(
                "the access to {provider_name} ended and cannot be renewed; connect it anew"
            );
            return Err(NoToken::NotConnected(what));
        }
        match account.renewing_until.filter(|until| *until > now) {
            None => {
                if let Some(why) = renew(app, &account, now).await? {
                    // What is still good is used.
                    if is_good(&account, app.ports.now()) {
                        return held(app, &account);
                    }
                    return Err(NoToken::Later(why));
                }
            }
            Some(_) if now >= until => {
                return Err(NoToken::Later(format!(
                    "{provider_name} did not renew the access in time"
                )));
            }
            Some(renewing) => tokio::select! {
                biased;
                _ = bell.next() => {}
                () = app.ports.clock.sleep_until(renewing.min(now.plus_seconds(LOOK_S))) => {}
            },
        }
    }
}

fn not_connected(provider: &str) -> NoToken {
    NoToken::NotConnected(format!("no account with {provider} is connected"))
}

fn is_good(account: &Account, at: Timestamp) -> bool {
    account.expires_at.is_none_or(|end| at < end)
}

fn held(app: &Switchboard, account: &Account) -> std::result::Result<Token, NoToken> {
    let tokens = keep::tokens(app, account)?;
    let hosts = provider(app, &account.provider)?.api_hosts.clone();
    Ok(Token {
        connection: account.connection.clone(),
        auth: Injected {
            header: "authorization".to_owned(),
            value: format!("Bearer {}", tokens.access.expose_secret()).into(),
            hosts: Some(hosts),
        },
    })
}

/// Renews the tokens, unless somebody else was faster to say that they would. Gives why not, if the
/// provider does not answer.
async fn renew(
    app: &Switchboard,
    account: &Account,
    now: Timestamp,
) -> std::result::Result<Option<String>, NoToken> {
    let store = &*app.ports.store;
    let mut claimed = account.clone();
    claimed.renewing_until = Some(now.plus_seconds(RENEWING_S));
    let write = Write::new().unchanged(account.clone()).put(claimed.clone());
    match store.commit(write).await {
        Ok(_) => {}
        Err(WriteError::Refused(_)) => return Ok(None),
        Err(error) => return Err(NoToken::Broken(error.into())),
    }
    let old = keep::tokens(app, &claimed)?;
    let Some(refresh) = &old.refresh else {
        return Err(not_connected(&claimed.provider));
    };
    let answer = super::oauth(app)?.refresh(&claimed.provider, refresh).await;
    let why = match &answer {
        Err(OAuthFailed::Unreachable(why)) => Some(why.clone()),
        _ => None,
    };
    after(app, &claimed, old, answer).await?;
    app.ring(&Topic::Accounts(claimed.owner));
    Ok(why)
}

/// Stores what came of it, unless the account was connected anew or taken away meanwhile.
async fn after(
    app: &Switchboard,
    claimed: &Account,
    old: Tokens,
    answer: std::result::Result<Tokens, OAuthFailed>,
) -> Result<()> {
    let now = app.ports.now();
    let mut renewed = claimed.clone();
    renewed.renewing_until = None;
    let mut kept = None;
    match answer {
        Ok(new) => {
            renewed.expires_at = keep::end(&new, now);
            renewed.renewed_at = Some(now);
            if let Some(scopes) = &new.scopes {
                renewed.scopes.clone_from(scopes);
            }
            let refresh = new.refresh.clone().or(old.refresh);
            kept = Some(Tokens { refresh, ..new });
        }
        Err(OAuthFailed::Unreachable(_)) => {}
        Err(error) => renewed.broken = Some(format!("{error}; connect the account anew")),
    }
    let store = &*app.ports.store;
    optimistic(store, async || {
        let present: Option<Account> = find(store, claimed.id.as_str()).await?;
        let is_same = |it: &Account| {
            it.connection == claimed.connection && it.renewing_until == claimed.renewing_until
        };
        // The master key may have changed, so the record need not be the very same.
        let Some(present) = present.filter(is_same) else {
            return Ok(((), Write::new()));
        };
        let sealing = Sealing::begin(store, &*app.vault).await?;
        let mut renewed = renewed.clone();
        renewed.sealed = match &kept {
            Some(tokens) => sealing.seal(&Account::seal(&renewed.id), &keep::to_seal(tokens)?)?,
            None => present.sealed.clone(),
        };
        let write = Write::new().unchanged(present).put(renewed);
        Ok(((), sealing.guard(write)?))
    })
    .await?;
    Ok(())
}
