//! Accounts that actions use: which one, how to connect it, and that it was connected.

use super::{Book, after, onward, policy::Standing, propose};
use crate::{
    accounts::{self, Wanted},
    app::Switchboard,
};
use serde_json::{Value, json};
use std::sync::Arc;
use switchboard_domain::{
    Error, Result,
    ids::Username,
    nouns::{
        Account, Action, ActionState, Challenge, Flow, Object, Place,
        action::{ActionEvent, FunctionAuth},
    },
    ports::{Guard, Injected, Key, Query, Write, find, list},
};

/// How many waiting actions of a user go on when an account is connected.
const SLICE: usize = 500;

/// The provider and the scopes, if the server is to run it with an account.
fn needed(action: &Action) -> Option<(&str, &[String])> {
    match &action.function.auth {
        Some(FunctionAuth::Account { provider, scopes }) if action.at == Place::Server => {
            Some((provider, scopes))
        }
        _ => None,
    }
}

/// The account that an action would use, if it is connected for all that the action needs. The write
/// stands only if the account is as it was.
async fn account(book: &mut Book<'_>, action: &Action) -> Result<Option<Account>> {
    let Some((provider, scopes)) = needed(action) else {
        return Ok(None);
    };
    let key = Account::key(&action.owner, provider);
    let found: Option<Account> = find(&*book.app().ports.store, key.as_str()).await?;
    match &found {
        Some(account) => book.unchanged(account.clone()),
        None => book.guard(Guard::Absent(Key::of::<Account>(key))),
    }
    Ok(found.filter(|account| account.covers(scopes)))
}

/// Names the account that an action would use: it is part of what is approved.
///
/// # Errors
/// When the store fails.
pub async fn name(book: &mut Book<'_>, action: &mut Action) -> Result<()> {
    if let Some(account) = account(book, action).await? {
        action.account = Some(account.connection.to_string());
        action.digest = action.fresh_digest().map_err(Error::Internal)?;
    }
    Ok(())
}

/// Says how to connect the account that an action lacks: by a page, and by a code as well if the client
/// can show one.
///
/// # Errors
/// When the store fails.
pub async fn offer(book: &Book<'_>, action: &mut Action, by_device: bool) -> Result<()> {
    let Some((provider, scopes)) = needed(action) else {
        return Ok(());
    };
    if action.state != ActionState::AuthRequired {
        return Ok(());
    }
    let app = book.app();
    let wanted = |by_device| Wanted {
        provider: provider.to_owned(),
        scopes: scopes.to_vec(),
        by_device,
    };
    let mut auth = Object::new();
    auth.insert("provider".to_owned(), provider.into());
    auth.insert("scopes".to_owned(), json!(scopes));
    let until = action.expires_at;
    match accounts::begin_for(app, &action.owner, &wanted(false), until).await {
        Ok(way) => {
            auth.insert(
                "connect_url".to_owned(),
                accounts::page_of(app, &way.id).into(),
            );
            auth.insert("expires_at".to_owned(), way.expires_at.to_string().into());
        }
        // A person can do something about it, and the action waits for that.
        Err(Error::Internal(cause)) => return Err(Error::Internal(cause)),
        Err(why) => drop(auth.insert("error".to_owned(), why.to_string().into())),
    }
    let mut device = Value::Null;
    if by_device {
        let way = accounts::begin_for(app, &action.owner, &wanted(true), until).await;
        device = way.ok().as_ref().and_then(code).unwrap_or_default();
    }
    auth.insert("device".to_owned(), device);
    action.auth = Some(auth);
    Ok(())
}

/// The code of a way by a device.
fn code(way: &Challenge) -> Option<Value> {
    let Flow::Device {
        user_code,
        verification_uri,
        verification_uri_complete,
        ..
    } = &way.flow
    else {
        return None;
    };
    Some(json!({
        "user_code": user_code,
        "verification_uri": verification_uri,
        "verification_uri_complete": verification_uri_complete,
        "expires_at": way.expires_at.to_string(),
    }))
}

/// Lets the actions go on that waited for this account.
///
/// # Errors
/// When the store fails.
pub async fn connected(app: &Arc<Switchboard>, owner: &Username, provider: &str) -> Result<()> {
    let query = Query::ActionsOf {
        owner: owner.clone(),
        states: vec![ActionState::AuthRequired],
        before: None,
        limit: SLICE,
    };
    let waiting: Vec<Action> = list(&*app.ports.store, &query).await?;
    let needs = |action: &&Action| needed(action).is_some_and(|(name, _)| name == provider);
    for action in waiting.iter().filter(needs) {
        go_on(app, action).await?;
    }
    Ok(())
}

async fn go_on(app: &Arc<Switchboard>, seen: &Action) -> Result<()> {
    let build = || async move {
        let mut book = Book::open(app, &seen.owner).await?;
        let found: Option<Action> = find(&*app.ports.store, seen.id.key()).await?;
        let waits = |action: &Action| action.state == ActionState::AuthRequired;
        let Some(action) = found.filter(waits) else {
            return Ok(((), Write::new()));
        };
        let Some(account) = account(&mut book, &action).await? else {
            return Ok(((), Write::new()));
        };
        let now = app.ports.now();
        if now >= action.expires_at {
            return Ok(((), Write::new()));
        }
        let connection = account.connection.to_string();
        let mut standing = Standing::read(app, &seen.owner).await?;
        let with_account = Action {
            account: Some(connection.clone()),
            ..action.clone()
        };
        let verdict = standing.decide(&with_account, now);
        let next = after(
            &action,
            &ActionEvent::Connect(connection, verdict.clone()),
            now,
        )?;
        standing.count(&verdict);
        standing.store(&mut book);
        book.unchanged(action);
        let by = format!("user:{}", seen.owner);
        let details = Object::from_iter([("provider".to_owned(), json!(account.provider))]);
        book.enter("account connected", &by, Some(&next), details)?;
        let next = propose::begun(&mut book, next)?;
        onward::store(&mut book, next).await?;
        Ok(((), book.into_write(Write::new())))
    };
    super::commit(app, build).await.map(drop)
}

/// The secret of the account with which an action was approved.
///
/// # Errors
/// Why there is none, in words.
pub async fn secret(
    app: &Switchboard,
    action: &Action,
    provider: &str,
    scopes: &[String],
) -> std::result::Result<Injected, String> {
    let token = accounts::token(app, &action.owner, provider, scopes).await;
    let token = token.map_err(|error| error.to_string())?;
    if action.account.as_deref() == Some(token.connection.as_str()) {
        return Ok(token.auth);
    }
    Err(format!(
        "the account with {provider} was connected anew since this was decided; propose it again"
    ))
}
