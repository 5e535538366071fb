//! API tokens. These use cases are for the operator's command line, which has the store itself.

use crate::{app::Ports, retry::optimistic};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use switchboard_domain::{
    Error, Result, Timestamp,
    error::FieldError,
    ids::{ApiTokenId, StreamId, Username},
    nouns::{ApiToken, Event, Hidden, Role, Scope, User},
    ports::{Key, Query, Topic, Write, find, list},
    text::hex,
};

/// What every API token begins with, so that a leaked one is recognised.
pub const TOKEN_PREFIX: &str = "swb_";

/// An API token to make.
#[derive(Debug)]
pub struct NewApiToken {
    /// What the owner calls it.
    pub name: String,
    /// For whom it acts.
    pub owner: Username,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it stops working by itself.
    pub expires_at: Option<Timestamp>,
}

/// Makes an API token. The secret is shown this once and not stored.
///
/// # Errors
/// [`Error::NotFound`] for an unknown user; [`Error::Fields`] for no or not permitted scopes.
pub async fn create_token(ports: &Ports, new: NewApiToken) -> Result<(ApiToken, SecretString)> {
    let owner = find::<User>(&*ports.store, new.owner.as_str())
        .await?
        .ok_or(Error::NotFound("User"))?;
    if new.scopes.is_empty() {
        return Err(FieldError::value(
            &["scopes"],
            "name at least one scope",
            serde_json::Value::Null,
        )
        .into());
    }
    if new.scopes.contains(&Scope::Admin) && owner.role != Role::Admin {
        return Err(FieldError::value(
            &["scopes"],
            "`admin` needs a user with the role admin",
            "admin".into(),
        )
        .into());
    }
    let mut secret = [0; 32];
    ports.random.fill(&mut secret);
    let secret = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
    let token = ApiToken {
        id: ApiTokenId::from_uuid(ports.uuid()),
        name: new.name,
        owner: new.owner,
        hash: Hidden::new(hash_token(&secret)),
        scopes: new.scopes,
        created_at: ports.now(),
        expires_at: new.expires_at,
        revoked_at: None,
    };
    let write = Write::new()
        .absent(Key::of::<ApiToken>(token.id.as_str()))
        .put(token.clone());
    ports.store.commit(write).await?;
    Ok((token, secret.into()))
}

/// The API tokens of a user, or of all, newest first.
///
/// # Errors
/// When the store fails.
pub async fn list_tokens(ports: &Ports, owner: Option<Username>) -> Result<Vec<ApiToken>> {
    Ok(list(&*ports.store, &Query::ApiTokens(owner)).await?)
}

/// Revokes an API token. Its connections end within seconds. Revoking it again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] when there is no such token.
pub async fn revoke_token(ports: &Ports, id: &ApiTokenId) -> Result<ApiToken> {
    let build = || async move {
        let before: ApiToken = find(&*ports.store, id.as_str())
            .await?
            .ok_or(Error::NotFound("Token"))?;
        let after = ApiToken {
            revoked_at: before.revoked_at.or(Some(ports.now())),
            ..before.clone()
        };
        let ended = Event::TokenEnded {
            user: before.owner.clone(),
            api_token: Some(id.clone()),
            access_token: None,
        };
        let write = Write::new()
            .unchanged(before)
            .put(after.clone())
            .append(StreamId::access(), ended);
        Ok((after, write))
    };
    let (token, _) = optimistic(&*ports.store, build).await?;
    ports.bus.publish(
        &Topic::Stream(StreamId::access()),
        switchboard_domain::ports::Signal::Look,
    );
    Ok(token)
}

/// What is stored of a token. It is random enough that a plain hash gives nothing away.
pub(super) fn hash_token(token: &str) -> String {
    hex(Sha256::digest(token.as_bytes()))
}
