//! Messages that expired go.

use super::life::purge;
use crate::app::Switchboard;
use switchboard_domain::{
    Result, Timestamp,
    nouns::WorkflowAgent,
    ports::{Page, Query, list},
};

/// How often it is looked for expired messages, in seconds.
const SWEEP_S: i64 = 60;
/// How many messages are looked at at once.
const PAGE: usize = 200;
/// How many bytes of them are read at once.
const PAGE_BYTES: usize = 4 << 20;

/// Purges what expired, then sleeps.
pub async fn sweep(app: &Switchboard) -> Result<()> {
    let agents: Vec<WorkflowAgent> = list(&*app.ports.store, &Query::ForgetfulAgents).await?;
    for agent in agents {
        forget(app, &agent).await?;
    }
    let next = app.ports.now().plus_seconds(SWEEP_S);
    app.ports.clock.sleep_until(next).await;
    Ok(())
}

async fn forget(app: &Switchboard, agent: &WorkflowAgent) -> Result<()> {
    let now: Timestamp = app.ports.now();
    let is_over = |at| agent.expires_at(at).is_some_and(|end| end <= now);
    let mut after = 0;
    loop {
        let page = Page::After {
            after,
            limit: PAGE,
            bytes: PAGE_BYTES,
        };
        let events = app.ports.store.events(&agent.messages(), page).await?;
        let expired = events.iter().take_while(|event| is_over(event.position.at));
        let Some(last) = expired.last() else {
            return Ok(());
        };
        purge(app, &agent.messages(), last.position.no).await?;
        after = last.position.no;
    }
}
