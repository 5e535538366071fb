//! What an agent proposes in a step.

use super::open::waits;
use crate::actions::{self, Book, Proposal, Proposed};
use switchboard_domain::{
    Result, Timestamp,
    ids::StepId,
    nouns::{Action, BegunStep, Function, ProposedAction, Said, Task, Work, action::Origin},
    ports::{Change, Write},
};
use uuid::Uuid;

/// How often an agent is called in one step.
const ROUNDS: u32 = 8;

/// What the agent of a step may propose, and what it was told.
pub struct Acting {
    /// The functions that it has.
    pub functions: Vec<Function>,
    /// The actions of which it was told what became of them.
    pub told: Vec<Action>,
    /// Those that are still open.
    pub open: Vec<Action>,
    /// How far the step was.
    pub begun: BegunStep,
    /// What the client said.
    pub said: Said,
}

impl Acting {
    /// Whether nothing of this step has to do with actions, unless the agent proposes one now.
    pub fn is_idle(&self) -> bool {
        self.told.is_empty() && self.open.is_empty() && self.begun == BegunStep::default()
    }

    /// Makes actions of what it proposes.
    pub async fn propose(
        &self,
        book: &mut Book<'_>,
        task: &Task,
        (step, since): (&StepId, Timestamp),
        proposed: &[ProposedAction],
    ) -> Result<Proposed> {
        let proposal = Proposal {
            agent: &task.agent,
            origin: Origin::Task {
                task: task.id.clone(),
                step: step.clone(),
                waits: true,
            },
            functions: &self.functions,
            said: &self.said,
            since,
        };
        actions::propose(book, &proposal, proposed).await
    }

    /// Whether the agent is called again at once: something is run for it, is over already, or was no
    /// action.
    pub fn goes_on(&self, made: &Proposed) -> bool {
        let runs = |action: &Action| waits(action) || action.is_final();
        self.begun.rounds + 1 < ROUNDS && (!made.errors.is_empty() || made.actions.iter().any(runs))
    }

    /// How far the step is then.
    pub fn next(&self, said: Option<String>, made: &Proposed) -> BegunStep {
        let said = said.filter(|text| !text.is_empty());
        BegunStep {
            rounds: self.begun.rounds + 1,
            said: self.begun.said.iter().cloned().chain(said).collect(),
            errors: made.errors.clone(),
        }
    }

    /// Adds to a write that the agent is called again: once nothing runs for it any more.
    pub fn again(
        write: Write,
        (task, asked): (&Task, Uuid),
        begun: (BegunStep, bool),
        ready_at: Timestamp,
    ) -> Write {
        let (begun, pauses) = begun;
        let write = write.change(Change::Continue {
            lane: task.lane(),
            work: Work::Step {
                asked,
                begun: Box::new(begun),
            },
            ready_at,
        });
        if pauses {
            write.change(Change::Pause(task.lane()))
        } else {
            write
        }
    }

    /// What the client is shown.
    pub fn shown(&self, made: &Proposed) -> Vec<Action> {
        let all = self.open.iter().chain(&made.actions);
        all.cloned().collect()
    }
}
