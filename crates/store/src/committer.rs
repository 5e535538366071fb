//! Group commit: one task takes the writes that have queued up into one transaction.

use crate::{
    batch::{self, Admitted},
    database::{Database, Outcomes},
    fault::Fault,
    metrics,
    settle::QUIET_US,
};
use std::sync::{Arc, Mutex, PoisonError};
use switchboard_domain::ports::{Receipt, StoreError, Write, WriteError};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};
use tokio_util::task::TaskTracker;

/// How many writes may wait, and how many share a transaction.
const QUEUE: usize = 4096;
const BATCH: usize = 512;

type Answer = Result<Receipt, WriteError>;

struct Job {
    write: Admitted,
    answer: oneshot::Sender<Answer>,
}

/// The queue of writes.
pub(crate) struct Committer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    writer: TaskTracker,
}

impl Committer {
    /// Starts the task that writes.
    pub(crate) fn start(database: Arc<Database>) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let writer = TaskTracker::new();
        let (done, answers) = mpsc::unbounded_channel();
        writer.spawn(answer(answers));
        if database.engine.keeps_thread() {
            let here = Handle::current();
            writer.spawn_blocking(move || here.block_on(write(database, jobs, done)));
        } else {
            writer.spawn(write(database, jobs, done));
        }
        writer.close();
        Self {
            queue: Mutex::new(Some(queue)),
            writer,
        }
    }

    /// Stores a write.
    pub(crate) async fn commit(&self, write: Write) -> Answer {
        let write = batch::admit(write).map_err(StoreError::from)?;
        let (answer, answered) = oneshot::channel();
        self.enqueue(Job { write, answer })?;
        match answered.await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Broken("the task that writes has stopped".to_owned()).into()),
        }
    }

    fn enqueue(&self, job: Job) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else {
            return Err(StoreError::Closed);
        };
        metrics::queued();
        queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => metrics::found_no_room(StoreError::Full),
            mpsc::error::TrySendError::Closed(_) => {
                StoreError::Broken("the task that writes has stopped".to_owned())
            }
        })
    }

    /// Takes no more writes, and waits until those taken are answered.
    pub(crate) async fn close(&self) {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.writer.wait().await;
    }
}

/// A batch that is durable, with those who wait for it.
type Done = (Vec<oneshot::Sender<Answer>>, Vec<Answer>);

async fn write(
    database: Arc<Database>,
    mut jobs: mpsc::Receiver<Job>,
    done: mpsc::UnboundedSender<Done>,
) {
    let mut taken = Vec::with_capacity(BATCH);
    while next(&database, &mut jobs, &mut taken).await > 0 {
        let (writes, waiting): (Vec<_>, Vec<_>) =
            taken.drain(..).map(|job| (job.write, job.answer)).unzip();
        metrics::taken(writes.len());
        let began = database.clock.now();
        let answers = write_batch(&database, &writes).await;
        metrics::batch_took(database.clock.now().since(began));
        done.send((waiting, answers)).ok();
    }
}

/// Waits for writes, and takes them. When none comes for a while, fresh events are moved meanwhile.
async fn next(database: &Database, jobs: &mut mpsc::Receiver<Job>, taken: &mut Vec<Job>) -> usize {
    if jobs.is_empty() && database.has_fresh().await {
        let quiet = database.clock.now().plus_micros(QUIET_US);
        tokio::select! {
            biased;
            count = jobs.recv_many(taken, BATCH) => return count,
            () = database.clock.sleep_until(quiet) => {}
        }
        if let Err(fault) = database.settle().await {
            tracing::warn!(?fault, "fresh events could not be moved; it is tried again");
        }
    }
    jobs.recv_many(taken, BATCH).await
}

/// Gives the answers out, while the next batch is written already. There are never more than those
/// of the writes that were let into the queue.
async fn answer(mut done: mpsc::UnboundedReceiver<Done>) {
    while let Some((waiting, answers)) = done.recv().await {
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            // Whoever asked may be gone by now; the write stands all the same.
            waiting.send(answer).ok();
        }
    }
}

async fn write_batch(database: &Database, writes: &[Admitted]) -> Vec<Answer> {
    match database.store(writes).await {
        Ok(outcomes) => answers(outcomes),
        Err(fault) if writes.len() == 1 || concerns_all(&fault) => {
            metrics::batch_failed();
            tracing::warn!(?fault, writes = writes.len(), "a batch of writes failed");
            writes
                .iter()
                .map(|_| Err(StoreError::from(fault.clone()).into()))
                .collect()
        }
        Err(fault) => {
            metrics::batch_failed();
            tracing::warn!(
                ?fault,
                writes = writes.len(),
                "a batch of writes failed; storing each alone"
            );
            write_each(database, writes).await
        }
    }
}

/// One of the writes is at fault, but the database does not say which: each goes alone.
async fn write_each(database: &Database, writes: &[Admitted]) -> Vec<Answer> {
    let mut all = Vec::with_capacity(writes.len());
    for write in writes {
        match database.store(std::slice::from_ref(write)).await {
            Ok(outcomes) => all.extend(answers(outcomes)),
            Err(fault) => all.push(Err(StoreError::from(fault).into())),
        }
    }
    all
}

fn answers(outcomes: Outcomes) -> Vec<Answer> {
    outcomes
        .into_iter()
        .map(|outcome| outcome.map_err(WriteError::Refused))
        .collect()
}

/// Whether each write alone would meet the same fault.
fn concerns_all(fault: &Fault) -> bool {
    matches!(fault, Fault::Away(_) | Fault::Unknown(_) | Fault::Closed)
}
