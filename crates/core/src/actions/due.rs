//! Actions that nobody decided about in time, and those of whose runner nothing is heard.

use super::{Book, onward, server};
use crate::app::Switchboard;
use futures::{
    FutureExt,
    future::{BoxFuture, try_join_all},
};
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    nouns::{Action, ActionState, Object, action::ActionEvent},
    ports::{Query, Write, find, list},
};
use tokio::sync::Notify;

/// How many are looked at at once.
const SLICE: usize = 100;
/// How long a loop sleeps at most, in seconds: another node may have changed something.
const LOOK_S: i64 = 30;

/// Starts the loops.
pub fn start(app: &Arc<Switchboard>) {
    keep(app, |app| end_due(app).boxed(), |bells| &bells.due);
    keep(
        app,
        |app| server::run_ready(app).boxed(),
        |bells| &bells.server,
    );
}

/// Does what is due, and sleeps until the next is or somebody rings.
fn keep(
    app: &Arc<Switchboard>,
    step: fn(&Arc<Switchboard>) -> BoxFuture<'_, Result<Option<Timestamp>>>,
    bell: fn(&super::Bells) -> &Notify,
) {
    let app = Arc::clone(app);
    app.clone().tasks.spawn(async move {
        while !app.stopping.is_cancelled() {
            let rung = bell(&app.acting).notified();
            let next = match step(&app).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!(
                        ?error,
                        "actions could not be looked after; it is tried again"
                    );
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

/// Ends the waits that are over, and tells when the next one is.
async fn end_due(app: &Arc<Switchboard>) -> Result<Option<Timestamp>> {
    loop {
        let rows: Vec<Action> =
            list(&*app.ports.store, &Query::DueActions { limit: SLICE }).await?;
        let now = app.ports.now();
        let is_due = |row: &Action| row.due_at.is_some_and(|at| at <= now);
        let next = rows
            .iter()
            .filter_map(|row| row.due_at)
            .find(|at| *at > now);
        let due: Vec<Action> = rows.into_iter().filter(is_due).collect();
        if due.is_empty() {
            return Ok(next);
        }
        try_join_all(due.iter().map(|row| end_one(app, row))).await?;
    }
}

/// What happens by itself to an action of this state.
fn by_itself(action: &Action) -> (ActionEvent, &'static str) {
    match action.state {
        ActionState::Running => (ActionEvent::Lapse, "lease lost"),
        _ => (ActionEvent::Expire, "expired"),
    }
}

async fn end_one(app: &Arc<Switchboard>, seen: &Action) -> Result<()> {
    let build = || async move {
        let mut book = Book::open(app, &seen.owner).await?;
        let found: Option<Action> = find(&*app.ports.store, seen.id.key()).await?;
        let Some(action) = found.filter(Action::is_open) else {
            return Ok(((), Write::new()));
        };
        let (event, what) = by_itself(&action);
        // Somebody may have been heard of meanwhile.
        let Ok(next) = action.after(&event, app.ports.now()) else {
            return Ok(((), Write::new()));
        };
        book.unchanged(action);
        book.enter(what, "server", Some(&next), Object::new())?;
        onward::store(&mut book, next).await?;
        Ok(((), book.into_write(Write::new())))
    };
    super::commit(app, build).await?;
    Ok(())
}
