//! The small loops: sessions expire, access ends, and what is no longer needed goes.

use crate::{accounts, app::Switchboard, identity, sessions, tasks, workflows};
use futures::{FutureExt, StreamExt, future::BoxFuture};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::StreamId,
    ports::{Change, Query, Topic, Write},
};

/// How often the access stream is read even when nobody rang, in seconds. A tool beside the server
/// cannot ring; a disabled user's connections end within this time.
const ACCESS_S: i64 = 2;
/// How long the expiry loop sleeps at most, in seconds: another node may have made a session.
const EXPIRY_S: i64 = 30;
/// How often stale rows and buckets are removed, in seconds.
const SWEEP_S: i64 = 60;
/// How many rows one step of a sweep handles.
const SLICE: usize = 200;

/// Starts the loops. They end when the server stops.
pub fn start(app: &Arc<Switchboard>) {
    run(app, "expiry", |app| expire(app).boxed());
    run(app, "access", |app| follow_access(app).boxed());
    run(app, "sweep", |app| sweep(app).boxed());
    run(app, "deleted tasks", |app| tasks::sweep(app).boxed());
    run(app, "contents", |app| tasks::sweep_blobs(app).boxed());
    run(app, "accounts", |app| accounts::work(app).boxed());
    run(app, "retention", |app| workflows::sweep(app).boxed());
}

/// Runs `step` over and over until the server stops; a step that fails is logged and tried again.
fn run(
    app: &Arc<Switchboard>,
    name: &'static str,
    step: fn(&Arc<Switchboard>) -> BoxFuture<'_, Result<()>>,
) {
    let app = Arc::clone(app);
    app.clone().tasks.spawn(async move {
        while !app.stopping.is_cancelled() {
            let result = tokio::select! {
                biased;
                () = app.stopping.cancelled() => break,
                result = step(&app) => result,
            };
            if let Err(error) = result {
                tracing::error!(target: "switchboard::upkeep", name, ?error, "a background step failed; it is tried again");
                app.ports.clock.sleep_until(app.ports.now().plus_seconds(1)).await;
            }
        }
    });
}

/// Expires the sessions that are due, then sleeps until the next one is.
async fn expire(app: &Switchboard) -> Result<()> {
    let created = app.session_created.notified();
    let next = sessions::expire_due(app, SLICE).await?;
    let latest = app.ports.now().plus_seconds(EXPIRY_S);
    tokio::select! {
        // In this order, so that a simulation can be repeated.
        biased;
        () = created => {}
        () = app.ports.clock.sleep_until(next.map_or(latest, |next| next.min(latest))) => {}
    }
    Ok(())
}

/// Ends connections whose user or token lost access, whenever there is news and every few seconds.
async fn follow_access(app: &Switchboard) -> Result<()> {
    let mut bell = app.ports.bus.subscribe(&Topic::Stream(StreamId::access()));
    loop {
        identity::apply_access_news(app).await?;
        tokio::select! {
            // In this order, so that a simulation can be repeated.
            biased;
            _ = bell.next() => {}
            () = app.ports.clock.sleep_until(app.ports.now().plus_seconds(ACCESS_S)) => {}
        }
    }
}

/// Removes revocations and lock-outs that are over, and forgets full buckets.
async fn sweep(app: &Switchboard) -> Result<()> {
    app.rates.forget_full();
    loop {
        let stale = app
            .ports
            .store
            .list(&Query::Stale {
                now: app.ports.now(),
                limit: SLICE,
            })
            .await?;
        if stale.is_empty() {
            break;
        }
        let removals = stale
            .iter()
            .map(|record| Change::Remove(record.key()))
            .collect();
        app.ports
            .store
            .commit(Write {
                changes: removals,
                ..Write::new()
            })
            .await?;
    }
    app.ports
        .clock
        .sleep_until(app.ports.now().plus_seconds(SWEEP_S))
        .await;
    Ok(())
}
