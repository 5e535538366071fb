//! Tokens in the store, sealed, and ways that came to their end.

use crate::{app::Switchboard, keys::Sealing, retry::optimistic};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::AccountId,
    nouns::{Account, Challenge, Flow, Hidden},
    ports::{Key, Tokens, Topic, Write, find},
};

/// How long it can be asked what came of a way, in seconds.
const TOLD_S: i64 = 600;

/// What is sealed of tokens.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    #[serde(borrow)]
    access: Cow<'a, str>,
    #[serde(borrow)]
    refresh: Option<Cow<'a, str>>,
}

/// What is to be sealed of these tokens.
pub(super) fn to_seal(tokens: &Tokens) -> Result<Zeroizing<Vec<u8>>> {
    let kept = Kept {
        access: tokens.access.expose_secret().into(),
        refresh: tokens.refresh.as_ref().map(|it| it.expose_secret().into()),
    };
    serde_json::to_vec(&kept)
        .map(Zeroizing::new)
        .map_err(|error| Error::Internal(error.to_string()))
}

/// The tokens of an account.
pub(super) fn tokens(app: &Switchboard, account: &Account) -> Result<Tokens> {
    let text = open(app, &Account::seal(&account.id), &account.sealed)?;
    let kept: Kept<'_> = serde_json::from_str(text.expose_secret())
        .map_err(|_| Error::Internal("the tokens of an account cannot be read".to_owned()))?;
    Ok(Tokens {
        access: kept.access.as_ref().into(),
        refresh: kept.refresh.map(|it| it.as_ref().into()),
        expires_in: None,
        scopes: None,
    })
}

/// Opens a text that was sealed under this name.
pub(super) fn open(app: &Switchboard, name: &str, sealed: &Hidden) -> Result<SecretString> {
    let opened = app
        .vault
        .open(name, sealed.reveal())
        .map_err(|error| Error::Internal(format!("an account: {error}")))?;
    let text = std::str::from_utf8(opened.expose_secret())
        .map_err(|_| Error::Internal("what is sealed of an account is no text".to_owned()))?;
    Ok(text.into())
}

/// When tokens end that came now.
pub(super) fn end(tokens: &Tokens, now: Timestamp) -> Option<Timestamp> {
    let seconds = tokens.expires_in?.as_secs();
    Some(now.plus_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
}

/// Keeps the tokens that came of a way, and lets what waits for them go on.
pub(super) async fn connect(app: &Switchboard, challenge: Challenge, tokens: Tokens) -> Result<()> {
    let now = app.ports.now();
    let scopes = tokens
        .scopes
        .clone()
        .unwrap_or_else(|| challenge.scopes.clone());
    let lacking: Vec<&str> = challenge
        .scopes
        .iter()
        .filter(|scope| !scopes.contains(scope))
        .map(String::as_str)
        .collect();
    let account = Account {
        id: Account::key(&challenge.owner, &challenge.provider),
        connection: AccountId::from_uuid(app.ports.uuid()),
        owner: challenge.owner.clone(),
        provider: challenge.provider.clone(),
        scopes: scopes.clone(),
        sealed: Hidden::new(""),
        expires_at: end(&tokens, now),
        can_renew: tokens.refresh.is_some(),
        renewing_until: None,
        broken: None,
        connected_at: now,
        renewed_at: None,
    };
    let ended = ended(
        app,
        &challenge,
        if lacking.is_empty() {
            Flow::Connected { is_told: false }
        } else {
            Flow::Failed {
                why: format!(
                    "{} granted less than was asked for; it left out {}",
                    challenge.provider,
                    lacking.join(", ")
                ),
            }
        },
    );
    let store = &*app.ports.store;
    optimistic(store, async || {
        let was: Option<Account> = find(store, account.id.as_str()).await?;
        let sealing = Sealing::begin(store, &*app.vault).await?;
        let mut account = account.clone();
        account.sealed = sealing.seal(&Account::seal(&account.id), &to_seal(&tokens)?)?;
        let write = match was {
            Some(was) => Write::new().unchanged(was),
            None => Write::new().absent(Key::of::<Account>(account.id.as_str())),
        };
        Ok(((), sealing.guard(write.put(account).put(ended.clone()))?))
    })
    .await?;
    tracing::info!(user = %challenge.owner, provider = challenge.provider, "an account was connected");
    app.ring(&Topic::Accounts(challenge.owner));
    app.challenge_made.notify_one();
    Ok(())
}

/// Says that nothing came of a way.
pub(super) async fn fail(app: &Switchboard, challenge: Challenge, why: &str) -> Result<()> {
    let failed = ended(
        app,
        &challenge,
        Flow::Failed {
            why: why.to_owned(),
        },
    );
    let owner = challenge.owner.clone();
    let write = Write::new().unchanged(challenge).put(failed);
    match app.ports.store.commit(write).await {
        // Somebody else ended it.
        Ok(_) | Err(switchboard_domain::ports::WriteError::Refused(_)) => {}
        Err(error) => return Err(error.into()),
    }
    app.ring(&Topic::Accounts(owner));
    Ok(())
}

/// The way at its end. What waited for an account is told at once, and by whoever looks at the way if
/// this node does not come to it.
fn ended(app: &Switchboard, challenge: &Challenge, flow: Flow) -> Challenge {
    let now = app.ports.now();
    let due_at = match flow {
        Flow::Connected { is_told: false } => now,
        _ => now.plus_seconds(TOLD_S),
    };
    Challenge {
        flow,
        sealed: None,
        due_at,
        ..challenge.clone()
    }
}

/// A connected way of which what waited for it was told.
pub(super) fn told(app: &Switchboard, challenge: &Challenge) -> Challenge {
    ended(app, challenge, Flow::Connected { is_told: true })
}
