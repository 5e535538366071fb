//! From what a caller shows to who they are.

use super::tokens::{TOKEN_PREFIX, hash_token};
use crate::{app::Switchboard, rates::Rate};
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::Username,
    nouns::{ApiToken, Principal, Revocation, User},
    ports::{Query, find, list},
};

const INVALID: Error = Error::Unauthenticated("Invalid token");

/// Who shows this token: a signed-in user by an access token, or a program by an API token.
///
/// # Errors
/// [`Error::Unauthenticated`] when it is no token of ours, expired, ended, or its user disabled.
pub async fn authenticate(app: &Switchboard, token: &str) -> Result<Principal> {
    if token.starts_with(TOKEN_PREFIX) {
        authenticate_api_token(app, token).await
    } else {
        authenticate_access_token(app, token).await
    }
}

/// Whether the text has the form of a JWT in compact serialization (RFC 7519 §3): three parts.
pub fn looks_like_jwt(token: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    token.split('.').count() == 3 && token.split('.').all(plain)
}

/// Who shows this access token. API tokens are refused: they must not stand in addresses.
///
/// # Errors
/// As [`authenticate`].
pub async fn authenticate_access_token(app: &Switchboard, token: &str) -> Result<Principal> {
    let claims = app.signer.check(token, app.ports.now())?;
    let name: Username = claims.sub.parse().map_err(|_| INVALID)?;
    let store = &*app.ports.store;
    let (user, ended) = futures::try_join!(
        find::<User>(store, name.as_str()),
        find::<Revocation>(store, claims.jti.as_str())
    )?;
    let user = user
        .filter(|user| user.disabled_at.is_none())
        .ok_or(INVALID)?;
    if ended.is_some() || claims.generation != user.tokens_from.as_micros() {
        return Err(INVALID);
    }
    Ok(Principal::User {
        name,
        role: user.role,
        token: claims.jti,
        issued_at: Timestamp::from_micros(claims.iat.saturating_mul(1_000_000)),
        expires_at: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)),
    })
}

/// Who shows this access token, for a client that asks whether it is still good. Good tokens count
/// against their user's limit, others against that of `peer`, the client's address.
///
/// # Errors
/// As [`authenticate`]; [`Error::RateLimited`].
pub async fn verify(app: &Switchboard, peer: &str, token: &str) -> Result<Principal> {
    let result = authenticate_access_token(app, token).await;
    let key = result
        .as_ref()
        .map_or(peer, |caller| caller.user().as_str());
    app.rates.check(Rate::Verify, key)?;
    result
}

/// Who comes without a token from the server's own machine, where the operator lets them act as a user.
///
/// # Errors
/// [`Error::Unauthenticated`] when there is no such user, or they are disabled.
pub async fn authenticate_local(app: &Switchboard, name: &Username) -> Result<Principal> {
    let user: Option<User> = find(&*app.ports.store, name.as_str()).await?;
    let user = user.filter(|user| user.disabled_at.is_none());
    let user = user.ok_or(Error::Unauthenticated(
        "The user of tasks.anonymous_user is not there, or is disabled",
    ))?;
    Ok(Principal::Local { name: user.id })
}

async fn authenticate_api_token(app: &Switchboard, token: &str) -> Result<Principal> {
    let store = &*app.ports.store;
    let found = list::<ApiToken>(store, &Query::ApiTokenByHash(hash_token(token)))
        .await?
        .pop();
    let token = found
        .filter(|token| token.is_live(app.ports.now()))
        .ok_or(INVALID)?;
    let owner = find::<User>(store, token.owner.as_str()).await?;
    if owner.is_none_or(|owner| owner.disabled_at.is_some()) {
        return Err(INVALID);
    }
    Ok(Principal::ApiToken {
        id: token.id,
        owner: token.owner,
        scopes: token.scopes,
    })
}
