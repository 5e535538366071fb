//! Who waits for which step on this node.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use switchboard_domain::nouns::Step;
use tokio::sync::oneshot::{Receiver, Sender, channel};
use uuid::Uuid;

/// The steps that somebody waits for, by the name that each got when it was asked for.
#[derive(Default)]
pub struct Asked(Mutex<HashMap<Uuid, Sender<Box<Step>>>>);

impl Asked {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Sender<Box<Step>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a step that is about to be asked for by this name.
    pub fn wait(&self, name: Uuid) -> Waiting<'_> {
        let (sender, done) = channel();
        self.lock().insert(name, sender);
        Waiting {
            asked: self,
            name,
            done,
        }
    }

    /// Hands a step that is done to who waits for it.
    pub fn tell(&self, name: Uuid, step: impl FnOnce() -> Step) {
        let sender = self.lock().remove(&name);
        if let Some(sender) = sender {
            let _ = sender.send(Box::new(step()));
        }
    }
}

/// Somebody who waits; until this is dropped.
pub struct Waiting<'a> {
    asked: &'a Asked,
    name: Uuid,
    /// The step, once it is done.
    pub done: Receiver<Box<Step>>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.asked.lock().remove(&self.name);
    }
}
