//! Signing in and out.

use super::{lockout, password, signer::Claims};
use crate::{app::Switchboard, rates::Rate};
use secrecy::SecretString;
use switchboard_domain::{
    Error, Result,
    ids::{AccessTokenId, StreamId, Username},
    nouns::{Event, Principal, Revocation, User},
    ports::{Topic, Write, find},
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
    // A name that no user can have gets no row of its own.
    if name.parse::<Username>().is_err() {
        return Err(refused);
    }
    let locks = lockout::Locks::of(app, name, peer);
    locks.check().await?;
    let user = find::<User>(&*app.ports.store, name).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    if !password::verify(hash, password).await? {
        locks.count_failure().await?;
        return Err(refused);
    }
    // Once more: guesses that waited together for their turn do not pass a lock that came meanwhile.
    locks.check().await?;
    locks.forget().await?;
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
