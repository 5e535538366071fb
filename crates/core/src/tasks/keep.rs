//! Removing what deleted tasks left.

use super::blobs;
use crate::app::Switchboard;
use switchboard_domain::{
    Result,
    ids::AgentId,
    nouns::{Artifact, Memory, Meter, Step, Stream, Task},
    ports::{Change, Key, Query, Write, find, list},
};

/// How many rows one write removes.
const SLICE: usize = 200;
/// How often it is looked for tasks that were deleted by halves, in seconds.
const SWEEP_S: i64 = 60;

/// Goes on with what a crash broke off, then sleeps a while.
///
/// # Errors
/// When the store fails.
pub async fn sweep(app: &Switchboard) -> Result<()> {
    let query = Query::DeletedTasks { limit: SLICE };
    let tasks: Vec<Task> = list(&*app.ports.store, &query).await?;
    for task in &tasks {
        remove(app, task).await?;
    }
    if tasks.len() < SLICE {
        let next = app.ports.now().plus_seconds(SWEEP_S);
        app.ports.clock.sleep_until(next).await;
    }
    Ok(())
}

/// Removes a task that was deleted, with all that belongs to it: in slices, the task itself last.
///
/// # Errors
/// When the store fails; the sweep goes on with it.
pub async fn remove(app: &Switchboard, task: &Task) -> Result<()> {
    let store = &*app.ports.store;
    loop {
        let query = Query::StepsOf {
            task: task.id.clone(),
            after: 0,
            limit: SLICE,
        };
        let steps: Vec<Step> = list(store, &query).await?;
        if steps.is_empty() {
            break;
        }
        let keys = steps
            .iter()
            .map(|step| Key::of::<Step>(step.id.to_string()));
        let write = keys.fold(Write::new(), |write, key| write.change(Change::Remove(key)));
        store.commit(write).await?;
    }
    remove_files(app, task).await?;
    let stream = task.stream();
    let head = find::<Stream>(store, stream.as_str()).await?;
    let up_to = head.map_or(0, |head| head.last_no);
    let meter = task.id.to_string();
    let agent = match task.agent.parse::<AgentId>() {
        Ok(id) => id.to_string(),
        Err(_) => meter.clone(),
    };
    let keys = [
        Key::of::<Memory>(Memory::key(&agent, &task.lane())),
        Key::of::<Meter>(meter),
        Key::of::<Task>(task.id.key()),
    ];
    let purge = Write::new().change(Change::Purge { stream, up_to });
    let write = keys
        .into_iter()
        .fold(purge, |write, key| write.change(Change::Remove(key)));
    store.commit(write).await?;
    Ok(())
}

async fn remove_files(app: &Switchboard, task: &Task) -> Result<()> {
    loop {
        let query = Query::ArtifactsOf {
            task: task.id.clone(),
            skip: 0,
            limit: SLICE,
        };
        let artifacts: Vec<Artifact> = list(&*app.ports.store, &query).await?;
        if artifacts.is_empty() {
            return Ok(());
        }
        for artifact in &artifacts {
            blobs::remove(app, artifact).await?;
        }
        app.unused_blobs.notify_one();
    }
}
