//! Following a task.

use super::read;
use crate::{app::Switchboard, follow::Follower};
use std::sync::Arc;
use switchboard_domain::{
    Result,
    ids::TaskId,
    nouns::{Principal, Stream},
    ports::find,
};

/// Somebody who follows a task.
pub struct Following {
    /// The task.
    pub task: TaskId,
    /// What happens to it.
    pub follower: Follower,
    /// The number of the event with which the task was over, if it is over already.
    pub over_at: Option<i64>,
}

/// Follows a task of the caller's after a cursor; without one, from its beginning.
///
/// # Errors
/// [`Error::NotFound`](switchboard_domain::Error::NotFound).
pub async fn follow(
    caller: &Principal,
    app: &Arc<Switchboard>,
    named: Option<&str>,
    id: &str,
    after: Option<i64>,
) -> Result<Following> {
    let task = read::stored(caller, app, named, id).await?;
    let after = Some(after.unwrap_or(0));
    let follower = Follower::new(app, task.stream(), after, false).await?;
    let over_at = if task.is_open() {
        None
    } else {
        let head = find::<Stream>(&*app.ports.store, task.stream().as_str()).await?;
        Some(head.map_or(0, |head| head.last_no))
    };
    Ok(Following {
        task: task.id,
        follower,
        over_at,
    })
}
