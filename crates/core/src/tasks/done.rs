//! What came of a step: all of it in one write with the acknowledgement.

use super::{
    acting::Acting,
    fetch,
    files::{self, Made},
    open::waits,
    prompt,
    prompt::Accepted,
    run,
};
use crate::{
    actions::{self, Book},
    app::Switchboard,
    queue, spending,
};
use serde_json::{Value, json};
use std::{mem::take, sync::Arc};
use switchboard_domain::{
    Error, Result, Timestamp,
    ids::{AgentId, StepId},
    nouns::{Blob, Claimed, Event, Object, Outcome, Step, StepResult, Task, TaskState},
    ports::{Change, Kind, Receipt, Refusal, Write, WriteError, find},
    text::{clip, storable},
};
use uuid::Uuid;

/// The longest list of log lines that is kept with a step.
const LINES: usize = 100;
/// How many files a step may have.
const FILES: usize = 1000;
/// The longest line of a log or an error, in bytes; what is longer is cut.
const LINE_MAX: usize = 10_000;

/// A step that was done, with all that its write needs.
pub struct Done {
    task: Task,
    step: Step,
    outcome: Option<Outcome>,
    /// What the agent proposes to do, and what it was told.
    acting: Option<Acting>,
    /// Whether the agent is called again before the step is done.
    goes_on: bool,
    /// Who waits for it.
    asked: Uuid,
    /// The files that the agent made, taken in.
    made: Vec<Made>,
    /// What they hold.
    blobs: Vec<Blob>,
}

impl Done {
    /// What came of the step.
    pub fn new(
        app: &Switchboard,
        task: &Task,
        accepted: &Accepted<'_>,
        (created_at, asked): (Timestamp, Uuid),
        result: StepResult,
        (outcome, acting): (Option<Outcome>, Option<Acting>),
    ) -> Self {
        let step = Step {
            id: StepId {
                task: task.id.clone(),
                no: accepted.no,
            },
            task: task.id.clone(),
            place: accepted.place,
            input: accepted.input.map(str::to_owned),
            additional_input: accepted.additional_input.clone(),
            result,
            created_at,
            modified_at: app.ports.now().max(created_at),
        };
        Self {
            task: task.clone(),
            step,
            outcome,
            acting,
            goes_on: false,
            asked,
            made: Vec::new(),
            blobs: Vec::new(),
        }
    }

    /// What an agent's outcome makes of a step.
    pub fn result(outcome: &Outcome) -> StepResult {
        let (text, by_word) = prompt::without_word(spending::answer_text(outcome));
        let goes_on = outcome.goes_on || by_word;
        let has_errors = !outcome.errors.is_empty();
        let waits = !outcome.actions.is_empty() || goes_on || has_errors;
        let output = if outcome.replies.is_empty() {
            let lines = outcome.errors.iter().chain(&outcome.logs);
            let lines: Vec<&str> = lines.map(String::as_str).collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        } else {
            Some(text)
        };
        StepResult {
            name: outcome
                .name
                .as_ref()
                .map(|name| storable(name).into_owned()),
            output: output.map(|text| storable(&text).into_owned()),
            additional_output: additional(outcome),
            functions: Vec::new(),
            artifacts: Vec::new(),
            is_last: outcome.done || !waits,
        }
    }

    /// A step that failed: why.
    pub fn failure(words: &str, is_last: bool) -> StepResult {
        let words = storable(words).into_owned();
        StepResult {
            additional_output: Object::from_iter([("error".to_owned(), json!(words))]),
            output: Some(words),
            is_last,
            ..StepResult::default()
        }
    }

    /// Takes in the files that the agent made. What cannot be taken in is told with the step.
    async fn take_in(&mut self, app: &Arc<Switchboard>) -> Result<()> {
        let new = self
            .outcome
            .as_mut()
            .map(|outcome| take(&mut outcome.artifacts));
        let (mut new, deadline) = (new.unwrap_or_default(), fetch::deadline(app));
        if new.len() > FILES {
            self.lacks(&format!(
                "a step may have {FILES} files, and these are {}",
                new.len()
            ));
            new.truncate(FILES);
        }
        for new in new {
            let name = new.file_name.clone();
            match files::take_in(app, new, deadline).await {
                Ok(made) => self.made.push(made),
                Err(error @ (Error::Internal(_) | Error::Unavailable)) => return Err(error),
                Err(error) => self.lacks(&format!("{}: {error}", storable(&name))),
            }
        }
        Ok(())
    }

    /// Tells of a file that the step was to have, beside what else went wrong.
    fn lacks(&mut self, words: &str) {
        let output = &mut self.step.result.additional_output;
        let words = match output.get("error").and_then(Value::as_str) {
            Some(before) => format!("{before}\n{words}"),
            None => words.to_owned(),
        };
        output.insert("error".to_owned(), words.into());
    }

    /// Puts these files in place.
    async fn place(&mut self) -> Result<()> {
        let (mut artifacts, mut blobs) = (Vec::new(), Vec::<Blob>::new());
        for made in &mut self.made {
            let (artifact, mut blob) = made.placed(&self.task.id).await?;
            // Within one write each stands on those before it.
            let before = blobs.iter().filter(|other| other.id == blob.id).count();
            blob.used += i64::try_from(before).unwrap_or(0);
            artifacts.push(artifact);
            blobs.push(blob);
        }
        self.step.result.artifacts = artifacts;
        self.blobs = blobs;
        Ok(())
    }

    fn write(&self, app: &Switchboard) -> Write {
        let (task, lane) = (&self.task, self.task.lane());
        let mut write = Write::new()
            .put(self.step.clone())
            .append(
                task.stream(),
                Event::StepDone {
                    step: self.step.id.no,
                    result: Box::new(self.step.result.clone()),
                },
            )
            .read(run::needs(task));
        write = self.counted(write);
        let acts = task.acts || !self.step.result.functions.is_empty();
        if acts != task.acts && !self.step.result.is_last {
            write = self.acts(write);
        }
        if self.step.result.is_last && task.is_open() {
            let over = Task {
                state: TaskState::Completed,
                last: Some(self.step.id.no),
                ended_at: Some(self.step.modified_at),
                acts,
                ..task.clone()
            };
            write = write.unchanged(task.clone()).put(over);
        }
        write = self.with_files(write);
        let claim = app.queue.claimant();
        write.change(Change::Finish { lane, claim })
    }
}

impl Done {
    /// The write of what came of the call: the step is done, or the agent is called again with what
    /// became of its proposals.
    async fn whole(&mut self, app: &Arc<Switchboard>) -> Result<Write> {
        let Some(acting) = self.acting.take() else {
            return Ok(self.write(app));
        };
        let write = self.with_actions(app, &acting).await;
        self.acting = Some(acting);
        write
    }

    async fn with_actions(&mut self, app: &Arc<Switchboard>, acting: &Acting) -> Result<Write> {
        let proposed = self
            .outcome
            .as_ref()
            .map_or(&[][..], |outcome| &outcome.actions);
        if proposed.is_empty() && acting.is_idle() {
            return Ok(self.write(app));
        }
        let mut book = Book::open(app, &self.task.owner).await?;
        let since = self.step.created_at;
        let made = acting.propose(&mut book, &self.task, (&self.step.id, since), proposed);
        let made = made.await?;
        self.goes_on = acting.goes_on(&made);
        let write = if self.goes_on {
            let write = self.counted(Write::new().read(run::needs(&self.task)));
            let write = if self.task.acts {
                write
            } else {
                self.acts(write)
            };
            let said = self.outcome.as_ref().map(spending::answer_text);
            let begun = acting.next(said, &made);
            let pauses = made.actions.iter().any(waits);
            let now = app.ports.now();
            let write = self.with_files(write);
            Acting::again(write, (&self.task, self.asked), (begun, pauses), now)
        } else {
            let result = &mut self.step.result;
            if !made.errors.is_empty() {
                let words = made.errors.join("\n");
                result
                    .additional_output
                    .insert("error".to_owned(), words.into());
            }
            result.functions = acting.shown(&made);
            result.is_last = result.is_last && result.functions.is_empty();
            self.write(app)
        };
        let write = actions::told(write, &acting.told, self.step.id.no);
        Ok(book.into_write(write))
    }

    /// Counts what the call used.
    fn counted(&self, write: Write) -> Write {
        let (task, lane) = (&self.task, self.task.lane());
        let Some(outcome) = &self.outcome else {
            return write;
        };
        let registered = task.agent.parse::<AgentId>().ok();
        let agent = registered.map_or_else(|| task.id.to_string(), |id| id.to_string());
        let pot = registered.map(|_| task.id.as_str());
        spending::count(write, &task.owner, &agent, pot, &lane, outcome)
    }

    /// Notes that the task has actions.
    fn acts(&self, write: Write) -> Write {
        let acts = Task {
            acts: true,
            ..self.task.clone()
        };
        write.unchanged(self.task.clone()).put(acts)
    }

    fn with_files(&self, mut write: Write) -> Write {
        let artifacts = &self.step.result.artifacts;
        for (artifact, blob) in artifacts.iter().zip(&self.blobs) {
            let event = Event::ArtifactAdded {
                artifact: Box::new(artifact.clone()),
            };
            let more = Blob {
                used: blob.used + 1,
                ..blob.clone()
            };
            let is_first = self.blobs.iter().find(|other| other.id == blob.id) == Some(blob);
            if is_first {
                write = write.unchanged(blob.clone());
            }
            write = write.put(more).put(artifact.clone());
            write = write.append(self.task.stream(), event);
        }
        write
    }
}

fn additional(outcome: &Outcome) -> Object {
    let mut object = outcome.additional_output.clone();
    let lines = |lines: &[String]| -> Vec<String> {
        let lines = lines.iter().take(LINES);
        lines
            .map(|line| clip(storable(line).into_owned(), LINE_MAX))
            .collect()
    };
    if !outcome.errors.is_empty() {
        let words = lines(&outcome.errors).join("\n");
        object.insert("error".to_owned(), words.into());
    }
    if !outcome.logs.is_empty() {
        let mut logs: Vec<Value> = lines(&outcome.logs).into_iter().map(Value::from).collect();
        if let Some(Value::Array(more)) = object.remove("logs") {
            logs.extend(more);
        }
        object.insert("logs".to_owned(), logs.into());
    }
    if let Some(usage) = outcome.usage {
        object.insert("usage".to_owned(), json!(usage));
    }
    object
}

/// Commits what came of a step, and hands it to who waits for it.
///
/// # Errors
/// When the store fails; the delivery is then tried again.
pub async fn commit_step(
    app: &Arc<Switchboard>,
    claimed: &Claimed,
    mut done: Done,
) -> Result<Receipt> {
    done.take_in(app).await?;
    loop {
        if !done.made.is_empty() {
            done.place().await?;
        }
        match queue::try_outcome(app, claimed, done.whole(app).await?).await {
            Ok(receipt) => {
                let acts = done.goes_on || !done.step.result.functions.is_empty();
                if done.step.result.is_last || acts {
                    app.open_tasks.forget(&done.task.id);
                }
                if !done.goes_on {
                    app.asked.tell(done.asked, || done.step);
                }
                return Ok(receipt);
            }
            Err(WriteError::Refused(Refusal::Changed(key))) if key.kind == Kind::Task => {
                match find::<Task>(&*app.ports.store, &*key.id).await? {
                    Some(task) => done.task = task,
                    None => return Ok(Receipt::default()),
                }
            }
            Err(WriteError::Refused(Refusal::Changed(key))) if key.kind == Kind::Blob => {}
            Err(WriteError::Refused(Refusal::Changed(key) | Refusal::Exists(key)))
                if actions::KINDS.contains(&key.kind) => {}
            Err(WriteError::Refused(_)) => return Ok(Receipt::default()),
            Err(WriteError::Store(error)) => return Err(error.into()),
        }
    }
}
