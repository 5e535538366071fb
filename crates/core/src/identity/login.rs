//! Signing in and out.

use super::{password, signer::Claims};
use crate::{app::Switchboard, rates::Rate, retry::optimistic};
use secrecy::SecretString;
use std::time::Duration;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{AccessTokenId, StreamId, Username},
    nouns::{Event, Lockout, Principal, Revocation, User},
    ports::{Key, Topic, Write, find},
};

/// A fresh access token.
#[derive(Debug)]
pub struct AccessToken {
    /// The JWT.
    pub token: SecretString,
    /// How long it lives, in seconds.
    pub expires_in_s: i64,
}

/// Signs a user in. Anyone may call it.
///
/// # Errors
/// [`Error::Unauthenticated`] for a wrong name or password, without saying which, and for a disabled
/// user; [`Error::RateLimited`] for too many logins from `peer`, the client's address, and while the
/// name is locked after too many failures in a row.
pub async fn login(
    app: &Switchboard,
    peer: &str,
    name: &str,
    password: SecretString,
) -> Result<AccessToken> {
    app.rates.check(Rate::Login, peer)?;
    let refused = Error::Unauthenticated("Invalid credentials");
    let now = app.ports.now();
    // A name that no user can have gets no row of its own.
    if name.parse::<Username>().is_err() {
        return Err(refused);
    }
    check_not_locked(app, name, now).await?;
    let user = find::<User>(&*app.ports.store, name).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    if !password::verify(hash, password).await? {
        count_failure(app, name).await?;
        return Err(refused);
    }
    forget_failures(app, name).await?;
    match user {
        Some(user) if user.disabled_at.is_none() => issue(app, &user),
        _ => Err(refused),
    }
}

fn issue(app: &Switchboard, user: &User) -> Result<AccessToken> {
    let iat = app.ports.now().as_seconds();
    let expires_in_s = app.settings.access_token_s;
    let claims = Claims {
        sub: user.id.to_string(),
        kind: "access".to_owned(),
        jti: AccessTokenId::from_uuid(app.ports.uuid()),
        generation: user.tokens_from.as_micros(),
        iat,
        exp: iat + expires_in_s,
    };
    Ok(AccessToken {
        token: app.signer.sign(&claims)?,
        expires_in_s,
    })
}

/// Ends the access token with which the caller came.
///
/// # Errors
/// [`Error::Forbidden`] for an API token: those are revoked by their owner instead.
pub async fn logout(caller: &Principal, app: &Switchboard) -> Result<()> {
    let Principal::User {
        name,
        token,
        expires_at,
        ..
    } = caller
    else {
        return Err(Error::Forbidden(
            "An API token does not log out; revoke it instead".to_owned(),
        ));
    };
    let ended = Event::TokenEnded {
        user: name.clone(),
        api_token: None,
        access_token: Some(token.to_string()),
    };
    let write = Write::new()
        .put(Revocation {
            id: token.clone(),
            until: *expires_at,
        })
        .append(StreamId::access(), ended);
    app.ports.store.commit(write).await?;
    app.ring(&Topic::Stream(StreamId::access()));
    Ok(())
}

async fn check_not_locked(app: &Switchboard, name: &str, now: Timestamp) -> Result<()> {
    let lockout = find::<Lockout>(&*app.ports.store, name).await?;
    match lockout.and_then(|lockout| lockout.locked_until) {
        Some(until) if now < until => Err(Error::RateLimited {
            retry_after: until.since(now),
        }),
        _ => Ok(()),
    }
}

async fn count_failure(app: &Switchboard, name: &str) -> Result<()> {
    let limits = &app.settings.limits;
    if limits.login_failures == 0 {
        return Ok(());
    }
    let build = || async move {
        let now = app.ports.now();
        let before = find::<Lockout>(&*app.ports.store, name).await?;
        let quiet = Duration::from_secs(limits.lockout_s.max(0).unsigned_abs());
        let recent = before
            .as_ref()
            .filter(|lockout| now.since(lockout.last_at) < quiet);
        let failures = recent.map_or(0, |lockout| lockout.failures) + 1;
        let locked_until =
            (failures >= limits.login_failures).then(|| now.plus_seconds(limits.lockout_s));
        let after = Lockout {
            id: name.to_owned(),
            failures,
            locked_until,
            last_at: now,
        };
        let write = match before {
            Some(before) => Write::new().unchanged(before),
            None => Write::new().absent(Key::of::<Lockout>(name)),
        };
        Ok(((), write.put(after)))
    };
    optimistic(&*app.ports.store, build).await.map(drop)
}

async fn forget_failures(app: &Switchboard, name: &str) -> Result<()> {
    if find::<Lockout>(&*app.ports.store, name).await?.is_some() {
        let remove = switchboard_domain::ports::Change::Remove(Key::of::<Lockout>(name));
        app.ports.store.commit(Write::new().change(remove)).await?;
    }
    Ok(())
}
