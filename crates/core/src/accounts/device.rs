//! The way by a code that is entered elsewhere (RFC 8628), and ways that lapse.

use super::{challenge, keep, oauth};
use crate::{actions, app::Switchboard, keys::Sealing, retry::optimistic};
use futures::future::try_join_all;
use secrecy::ExposeSecret;
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    ids::Username,
    nouns::{Challenge, Flow},
    ports::{
        Change, DeviceGrant, DevicePoll, Key, OAuthFailed, OAuthProvider, Query, Write, WriteError,
        list,
    },
};

/// How many ways are looked at in one step.
const SLICE: usize = 50;
/// How long the loop sleeps at most, in seconds: another node may have begun a way.
const LATEST_S: i64 = 5;
/// How long a node has to ask a provider, in seconds, before another one does.
const ASKING_S: i64 = 30;
/// By how much the pause grows when the questions come too often (RFC 8628 §3.5), in seconds.
const SLOWER_S: i64 = 5;
/// The longest pause, in seconds.
const PAUSE_MAX_S: i64 = 300;

/// Begins the way by this code.
pub(super) async fn begin(
    app: &Switchboard,
    owner: &Username,
    provider: &OAuthProvider,
    scopes: Vec<String>,
    grant: DeviceGrant,
) -> Result<Challenge> {
    let store = &*app.ports.store;
    let seconds = |time: std::time::Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let interval_s = seconds(grant.interval);
    let (made, _) = optimistic(store, async || {
        let query = Query::ChallengesOf(owner.clone());
        challenge::has_room(&list::<Challenge>(store, &query).await?)?;
        let now = app.ports.now();
        let until = now.plus_seconds(seconds(grant.expires_in));
        let mut made = challenge::new(app, owner, provider, scopes.clone(), until);
        let sealing = Sealing::begin(store, &*app.vault).await?;
        let secret = grant.device_code.expose_secret().as_bytes();
        made.sealed = Some(sealing.seal(&Challenge::seal(&made.id), secret)?);
        made.due_at = now.plus_seconds(interval_s);
        made.flow = Flow::Device {
            user_code: grant.user_code.clone(),
            verification_uri: grant.verification_uri.clone(),
            verification_uri_complete: grant.verification_uri_complete.clone(),
            interval_s,
        };
        let write = Write::new().absent(Key::of::<Challenge>(made.id.key()));
        Ok((made.clone(), sealing.guard(write.put(made))?))
    })
    .await?;
    app.challenge_made.notify_one();
    Ok(made)
}

/// Looks at the ways that are due, then sleeps until the next one is.
pub(crate) async fn work(app: &Arc<Switchboard>) -> Result<()> {
    if app.oauth.is_none() {
        app.stopping.cancelled().await;
        return Ok(());
    }
    let made = app.challenge_made.notified();
    let query = Query::DueChallenges { limit: SLICE };
    let all = list::<Challenge>(&*app.ports.store, &query).await?;
    let now = app.ports.now();
    let next = all.iter().map(|it| it.due_at).find(|due_at| *due_at > now);
    let due: Vec<Challenge> = all.into_iter().filter(|it| it.due_at <= now).collect();
    let is_all = due.len() < SLICE;
    try_join_all(due.into_iter().map(|it| look_at(app, it, now))).await?;
    if !is_all {
        return Ok(());
    }
    let latest = now.plus_seconds(LATEST_S);
    tokio::select! {
        // In this order, so that a simulation can be repeated.
        biased;
        () = made => {}
        () = app.ports.clock.sleep_until(next.map_or(latest, |next| next.min(latest))) => {}
    }
    Ok(())
}

async fn look_at(app: &Arc<Switchboard>, challenge: Challenge, now: Timestamp) -> Result<()> {
    if matches!(challenge.flow, Flow::Connected { is_told: false }) {
        actions::connected(app, &challenge.owner, &challenge.provider).await?;
        let told = keep::told(app, &challenge);
        return store(app, Write::new().unchanged(challenge).put(told)).await;
    }
    if !challenge.is_open() {
        let gone = Change::Remove(Key::of::<Challenge>(challenge.id.key()));
        let write = Write::new().unchanged(challenge).change(gone);
        return store(app, write).await;
    }
    if challenge.expires_at <= now {
        let why = "Nobody connected the account in time; begin anew";
        return keep::fail(app, challenge, why).await;
    }
    let Flow::Device { interval_s, .. } = challenge.flow else {
        let due_at = challenge.expires_at;
        return later(app, challenge, due_at).await.map(drop);
    };
    // Whoever stores this asks; others find that it is not due.
    let Some(challenge) = later(app, challenge, now.plus_seconds(ASKING_S)).await? else {
        return Ok(());
    };
    ask(app, challenge, interval_s).await
}

/// Puts off when it is looked at next; none if somebody else was faster.
async fn later(
    app: &Switchboard,
    challenge: Challenge,
    due_at: Timestamp,
) -> Result<Option<Challenge>> {
    let put_off = Challenge {
        due_at,
        ..challenge.clone()
    };
    let write = Write::new().unchanged(challenge).put(put_off.clone());
    match app.ports.store.commit(write).await {
        Ok(_) => Ok(Some(put_off)),
        Err(WriteError::Refused(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Asks the provider whether the code was entered.
async fn ask(app: &Switchboard, challenge: Challenge, interval_s: i64) -> Result<()> {
    let Some(sealed) = &challenge.sealed else {
        return keep::fail(app, challenge, "Its code is lost; begin anew").await;
    };
    let code = keep::open(app, &Challenge::seal(&challenge.id), sealed)?;
    let answer = oauth(app)?.poll_device(&challenge.provider, &code).await;
    let pause_s = match answer {
        Ok(DevicePoll::Granted(tokens)) => return keep::connect(app, challenge, tokens).await,
        Ok(DevicePoll::Pending) => interval_s,
        Ok(DevicePoll::SlowDown) => interval_s.saturating_add(SLOWER_S),
        // RFC 8628 §3.5 wants longer pauses when nobody answers.
        Err(OAuthFailed::Unreachable(_)) => interval_s.saturating_mul(2),
        Err(error) => return keep::fail(app, challenge, &error.to_string()).await,
    };
    let pause_s = pause_s.min(PAUSE_MAX_S);
    let mut next = challenge.clone();
    if let Flow::Device { interval_s, .. } = &mut next.flow {
        *interval_s = pause_s;
    }
    next.due_at = app.ports.now().plus_seconds(pause_s).min(next.expires_at);
    store(app, Write::new().unchanged(challenge).put(next)).await
}

/// Stores it, unless somebody else was faster.
async fn store(app: &Switchboard, write: Write) -> Result<()> {
    match app.ports.store.commit(write).await {
        Ok(_) | Err(WriteError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
