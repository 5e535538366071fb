//! Users. These use cases are for the operator's command line and the first start.

use super::{password, tokens};
use crate::{app::Ports, retry::optimistic};
use secrecy::SecretString;
use switchboard_domain::{
    Error, Result,
    ids::{StreamId, Username},
    nouns::{ApiToken, Event, Role, User},
    ports::{Key, Query, Signal, Topic, Write, WriteError, find, list},
};

/// Adds a user.
///
/// # Errors
/// [`Error::Conflict`] when the name is taken; [`Error::Fields`] for a weak password.
pub async fn add_user(
    ports: &Ports,
    name: Username,
    role: Role,
    password: SecretString,
) -> Result<User> {
    let now = ports.now();
    let user = User {
        id: name,
        role,
        password_hash: password::hash(&*ports.random, password).await?,
        created_at: now,
        tokens_from: now,
        disabled_at: None,
    };
    let write = Write::new()
        .absent(Key::of::<User>(user.id.as_str()))
        .put(user.clone());
    match ports.store.commit(write).await {
        Ok(_) => Ok(user),
        Err(WriteError::Refused(_)) => Err(Error::Conflict(format!(
            "there is a user `{}` already; names are never used again",
            user.id
        ))),
        Err(error) => Err(error.into()),
    }
}

/// All users, by name.
///
/// # Errors
/// When the store fails.
pub async fn list_users(ports: &Ports) -> Result<Vec<User>> {
    Ok(list(&*ports.store, &Query::Users).await?)
}

/// Adds the first administrator if there is no user yet, and says whether it did.
///
/// # Errors
/// As [`add_user`].
pub async fn ensure_admin(ports: &Ports, name: Username, password: SecretString) -> Result<bool> {
    if !list_users(ports).await?.is_empty() {
        return Ok(false);
    }
    match add_user(ports, name, Role::Admin, password).await {
        Ok(_) => Ok(true),
        Err(Error::Conflict(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives a user a new password, enables them if they were disabled, and ends all their access tokens.
///
/// # Errors
/// [`Error::NotFound`] for an unknown user; [`Error::Fields`] for a weak password.
pub async fn set_password(ports: &Ports, name: &Username, password: SecretString) -> Result<()> {
    let password_hash = password::hash(&*ports.random, password).await?;
    change(ports, name, |user| {
        user.password_hash = password_hash.clone();
        user.disabled_at = None;
        user.tokens_from = ports.now();
    })
    .await
}

/// Disables a user: all their tokens and connections end within seconds. The API tokens stay void
/// when the user is let in again.
///
/// # Errors
/// [`Error::NotFound`] for an unknown user.
pub async fn disable_user(ports: &Ports, name: &Username) -> Result<()> {
    let now = ports.now();
    change(ports, name, |user| {
        user.disabled_at = user.disabled_at.or(Some(now));
    })
    .await?;
    let query = Query::ApiTokens(Some(name.clone()));
    let tokens: Vec<ApiToken> = list(&*ports.store, &query).await?;
    for token in tokens.iter().filter(|token| token.is_live(now)) {
        tokens::revoke_token(ports, &token.id).await?;
    }
    Ok(())
}

async fn change(ports: &Ports, name: &Username, edit: impl Fn(&mut User)) -> Result<()> {
    let edit = &edit;
    let build = || async move {
        let found: Option<User> = find(&*ports.store, name.as_str()).await?;
        let before = found.ok_or(Error::NotFound("User"))?;
        let mut after = before.clone();
        edit(&mut after);
        let ended = Event::AccessEnded { user: name.clone() };
        let write = Write::new().unchanged(before).put(after);
        Ok(((), write.append(StreamId::access(), ended)))
    };
    optimistic(&*ports.store, build).await?;
    let topic = Topic::Stream(StreamId::access());
    ports.bus.publish(&topic, Signal::Look);
    Ok(())
}
