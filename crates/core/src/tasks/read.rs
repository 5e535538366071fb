//! Finding a task of the caller's.

use super::agent;
use crate::app::{Switchboard, id_or_not_found};
use std::{
    collections::HashMap,
    mem::take,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::{
    Error, Result,
    ids::{StepId, TaskId},
    nouns::{Principal, Task, TaskState},
    ports::find,
};

/// How many tasks are at hand, in two generations of half as many.
const TASKS: usize = 8192;
/// How many bytes a task has at most that is kept at hand, about.
const SMALL: usize = 16 << 10;

/// Tasks that take steps, as they were read last. Whether that still holds is guarded by each write
/// that is made from one.
#[derive(Default)]
pub struct OpenTasks(Mutex<[HashMap<TaskId, Arc<Task>>; 2]>);

impl OpenTasks {
    fn lock(&self) -> MutexGuard<'_, [HashMap<TaskId, Arc<Task>>; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a task as it is stored.
    pub fn note(&self, task: &Task) {
        let words = task.input.as_ref().map_or(0, String::len);
        if task.is_open() && words <= SMALL && task.additional_input.len() <= SMALL / 1024 {
            self.put(Arc::new(task.clone()));
        }
    }

    fn put(&self, task: Arc<Task>) {
        let mut tasks = self.lock();
        let [young, old] = &mut *tasks;
        if young.len() >= TASKS / 2 {
            *old = take(young);
        }
        young.insert(task.id.clone(), task);
    }

    fn get(&self, id: &TaskId) -> Option<Arc<Task>> {
        let mut tasks = self.lock();
        let [young, old] = &mut *tasks;
        if let Some(task) = young.get(id) {
            return Some(Arc::clone(task));
        }
        let task = old.remove(id)?;
        young.insert(id.clone(), Arc::clone(&task));
        Some(task)
    }

    /// Forgets a task that changed.
    pub fn forget(&self, id: &TaskId) {
        self.lock()
            .iter_mut()
            .for_each(|tasks| drop(tasks.remove(id)));
    }
}

/// A task of the caller's that was given to this agent, as it is stored.
///
/// # Errors
/// [`Error::NotFound`], also for another user's.
pub async fn stored(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    id: &str,
) -> Result<Task> {
    agent::require(caller)?;
    let id: TaskId = id_or_not_found(id, "Task")?;
    let task: Option<Task> = find(&*app.ports.store, id.as_str()).await?;
    let name = agent::name(app, named);
    task.filter(|task| is_meant(caller, &name, task))
        .ok_or(Error::NotFound("Task"))
}

/// The same, perhaps as it was read before: a write made from it has to guard it.
///
/// # Errors
/// As [`stored`].
pub async fn at_hand(
    caller: &Principal,
    app: &Switchboard,
    named: Option<&str>,
    id: &str,
) -> Result<Arc<Task>> {
    agent::require(caller)?;
    let name = agent::name(app, named);
    let parsed: TaskId = id_or_not_found(id, "Task")?;
    if let Some(task) = app.open_tasks.get(&parsed)
        && is_meant(caller, &name, &task)
    {
        return Ok(task);
    }
    let task = stored(caller, app, named, id).await?;
    app.open_tasks.note(&task);
    Ok(Arc::new(task))
}

fn is_meant(caller: &Principal, agent: &str, task: &Task) -> bool {
    task.owner == *caller.user() && task.agent == agent && task.state != TaskState::Deleted
}

/// A step of this task.
///
/// # Errors
/// [`Error::NotFound`].
pub fn step_no(task: &Task, id: &str) -> Result<i64> {
    let id: StepId = id_or_not_found(id, "Step")?;
    if id.task == task.id {
        return Ok(id.no);
    }
    Err(Error::NotFound("Step"))
}
