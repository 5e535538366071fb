//! Loops over rows that become due.

use crate::app::Switchboard;
use futures::future::BoxFuture;
use std::sync::Arc;
use switchboard_domain::{Result, Timestamp};
use tokio::sync::Notify;

/// How long a loop sleeps at most, in seconds: another node may have changed something.
const LOOK_S: i64 = 30;

/// Does what is due, and sleeps until the next is or somebody rings. A step tells when the next is.
pub fn keep(
    app: &Arc<Switchboard>,
    step: fn(&Arc<Switchboard>) -> BoxFuture<'_, Result<Option<Timestamp>>>,
    bell: fn(&Switchboard) -> &Notify,
) {
    let app = Arc::clone(app);
    app.clone().tasks.spawn(async move {
        while !app.stopping.is_cancelled() {
            let rung = bell(&app).notified();
            let next = match step(&app).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(?error, "what is due could not be done; it is tried again");
                    Some(app.ports.now().plus_seconds(1))
                }
            };
            let latest = app.ports.now().plus_seconds(LOOK_S);
            tokio::select! {
                // In this order, so that a simulation can be repeated.
                biased;
                () = app.stopping.cancelled() => return,
                () = rung => {}
                () = app.ports.clock.sleep_until(next.map_or(latest, |next| next.min(latest))) => {}
            }
        }
    });
}
