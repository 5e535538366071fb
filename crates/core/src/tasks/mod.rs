//! Tasks: given to an agent, worked on step by step, with files on both sides.
//!
//! A step is accepted by one write, the event and the delivery, and done by another: its record, its
//! event, and the acknowledgement. Between the two nothing is read that the first did not bring along.

mod acting;
mod agent;
mod asked;
mod blobs;
mod create;
mod done;
mod end;
mod execute;
mod fetch;
mod files;
mod follow;
mod keep;
mod open;
mod pages;
mod placement;
mod prompt;
mod read;
mod run;

pub(crate) use asked::Asked;
pub(crate) use blobs::sweep as sweep_blobs;
pub use create::{NewTask, create};
pub(crate) use done::{Done, commit_step};
pub use end::{cancel, delete};
pub use execute::{NewStep, Patience, execute};
pub use files::{FileName, Upload, artifact, artifacts, begin, content};
pub use follow::{Following, follow};
pub(crate) use keep::sweep;
pub use pages::{Pages, Status, StepView, TaskView, get, list, step, steps};
pub(crate) use read::OpenTasks;
pub(crate) use run::run;

/// How many events of a task are at hand: what an agent is reminded of.
pub(crate) const RECENT: usize = 64;
