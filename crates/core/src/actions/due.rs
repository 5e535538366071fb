//! Actions that nobody decided about in time, and those of whose runner nothing is heard.

use super::{Book, onward, server};
use crate::{app::Switchboard, due::keep};
use futures::{FutureExt, future::try_join_all};
use std::sync::Arc;
use switchboard_domain::{
    Result, Timestamp,
    nouns::{Action, ActionState, Object, action::ActionEvent},
    ports::{Query, Write, find, list},
};

/// How many are looked at at once.
const SLICE: usize = 100;

/// Starts the loops.
pub fn start(app: &Arc<Switchboard>) {
    keep(app, |app| end_due(app).boxed(), |app| &app.acting.due);
    keep(
        app,
        |app| server::run_ready(app).boxed(),
        |app| &app.acting.server,
    );
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
