//! How much a template may cost.

use super::LiquidError;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many steps that is.
const STEPS: usize = 1_000_000;
/// So many bytes that are looked at or made count as a step.
const BYTES: usize = 16;
/// How much text one template may make, in bytes.
pub(super) const LARGEST: usize = 1 << 20;

/// The work that all templates of one call may make together.
pub(crate) struct Work(AtomicUsize);

impl Default for Work {
    fn default() -> Self {
        Self(AtomicUsize::new(STEPS))
    }
}

impl Work {
    /// Does this within what is left.
    pub(super) fn within<T>(&self, job: impl FnOnce(&mut Budget) -> T) -> T {
        let mut budget = Budget(self.0.load(Ordering::Relaxed));
        let done = job(&mut budget);
        self.0.store(budget.0, Ordering::Relaxed);
        done
    }
}

/// What is left, while a template is filled.
pub(super) struct Budget(usize);

impl Budget {
    /// Reading a template.
    pub(super) fn template(&mut self, text: &str) -> Result<(), LiquidError> {
        self.steps(1 + text.len() / 4)
    }

    /// One step.
    pub(super) fn step(&mut self) -> Result<(), LiquidError> {
        self.steps(1)
    }

    /// This many steps.
    pub(super) fn steps(&mut self, count: usize) -> Result<(), LiquidError> {
        let left = self.0.checked_sub(count);
        self.0 = left.unwrap_or(0);
        left.map(|_| ()).ok_or(LiquidError::TooMuchWork)
    }

    /// Looking at so much text, or making it.
    pub(super) fn bytes(&mut self, count: usize) -> Result<(), LiquidError> {
        self.steps(1 + count / BYTES)
    }

    /// Looking at all of a value, or copying it.
    pub(super) fn whole(&mut self, value: &Value) -> Result<(), LiquidError> {
        match value {
            Value::String(text) => self.bytes(text.len()),
            Value::Array(list) => {
                self.step()?;
                list.iter().try_for_each(|value| self.whole(value))
            }
            Value::Object(object) => {
                self.step()?;
                object.iter().try_for_each(|(name, value)| {
                    self.bytes(name.len())?;
                    self.whole(value)
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => self.step(),
        }
    }
}
