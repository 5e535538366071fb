//! Calling an agent until it answers: retries, the time limit, and cancelling.

use crate::app::Switchboard;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use std::time::Duration;
use switchboard_domain::{
    Timestamp,
    ids::StreamId,
    nouns::{Call, FailureCode, Outcome},
    ports::{AgentRuntime, CallError, Delta, DeltaSink, Signal, Topic},
};
use tokio_util::sync::CancellationToken;

/// How often an agent is called for one answer.
const TRIES: u32 = 4;
/// How long to wait before the second try; doubled for each further one.
const BACKOFF: Duration = Duration::from_millis(500);

/// What came of calling an agent.
#[derive(Debug)]
pub enum Answer {
    /// It answered.
    Outcome(Box<Outcome>),
    /// It failed, or took too long.
    Failed(FailureCode, String),
    /// It failed, and will fail again.
    Impossible(String),
    /// The call was cancelled, or the server goes down.
    BrokenOff,
}

/// One answer in the making.
pub struct Answering<'a> {
    /// Where pieces of the answer go.
    pub stream: StreamId,
    /// The event that it answers.
    pub reply_to: i64,
    /// The agent, as the stream's readers know it.
    pub agent: String,
    /// How often the delivery was claimed.
    pub claim: i64,
    /// How long the agent may take, retries included, in seconds; 0 for any time.
    pub limit_s: u64,
    /// Breaks the call off.
    pub cancel: &'a CancellationToken,
}

impl Answering<'_> {
    /// Calls the agent; transient failures are tried again within the time limit.
    pub async fn call(
        &self,
        app: &Switchboard,
        runtime: &Arc<dyn AgentRuntime>,
        mut call: Call,
    ) -> Answer {
        let deadline = self.deadline(app);
        for attempt in 1..=TRIES {
            call.attempt = self.attempt_number(attempt);
            let pieces = Pieces::new(self, call.attempt, app);
            let result = tokio::select! {
                // In this order: what was cancelled before it began is not called at all.
                biased;
                () = self.cancel.cancelled() => return Answer::BrokenOff,
                () = until(app, deadline) => return timed_out(),
                result = runtime.call(&call, &pieces) => result,
            };
            let (message, retry_after) = match result {
                Ok(outcome) => return Answer::Outcome(Box::new(outcome)),
                Err(CallError::Permanent { message }) => {
                    return Answer::Impossible(message);
                }
                Err(CallError::Transient {
                    message,
                    retry_after,
                }) => (message, retry_after),
            };
            let wait = retry_after.unwrap_or(BACKOFF * 2_u32.pow(attempt - 1));
            let next = app
                .ports
                .now()
                .plus_micros(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX));
            if attempt == TRIES || deadline.is_some_and(|deadline| next >= deadline) {
                return Answer::Failed(FailureCode::ProviderError, message);
            }
            tracing::info!(
                agent = self.agent,
                attempt,
                message,
                "an agent failed; it is called again"
            );
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Answer::BrokenOff,
                () = app.ports.clock.sleep_until(next) => {}
            }
        }
        timed_out()
    }

    fn deadline(&self, app: &Switchboard) -> Option<Timestamp> {
        let limit = i64::try_from(self.limit_s).unwrap_or(i64::MAX);
        (limit > 0).then(|| app.ports.now().plus_seconds(limit))
    }

    /// Grows over the tries of all claims, so that a reader can tell which pieces are newest.
    fn attempt_number(&self, attempt: u32) -> u32 {
        let earlier = u32::try_from(self.claim - 1)
            .unwrap_or(0)
            .saturating_mul(TRIES);
        earlier.saturating_add(attempt)
    }
}

async fn until(app: &Switchboard, deadline: Option<Timestamp>) {
    match deadline {
        Some(deadline) => app.ports.clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn timed_out() -> Answer {
    Answer::Failed(
        FailureCode::ProcessingTimeout,
        "Processing timeout".to_owned(),
    )
}

/// Publishes the pieces of one attempt.
struct Pieces<'a> {
    answering: &'a Answering<'a>,
    attempt: u32,
    next: AtomicU32,
    app: &'a Switchboard,
}

impl<'a> Pieces<'a> {
    fn new(answering: &'a Answering<'a>, attempt: u32, app: &'a Switchboard) -> Self {
        Self {
            answering,
            attempt,
            next: AtomicU32::new(0),
            app,
        }
    }
}

impl DeltaSink for Pieces<'_> {
    fn delta(&self, text: &str) {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let make = || {
            Arc::new(Delta {
                text: text.to_owned(),
                index,
                attempt: self.attempt,
                reply_to: self.answering.reply_to,
                agent: self.answering.agent.clone(),
            })
        };
        let stream = &self.answering.stream;
        self.app.feeds.offer_piece(stream, make);
        if let Some(bus) = self.app.ports.bus.elsewhere() {
            bus.publish(&Topic::Stream(stream.clone()), Signal::Delta(make()));
        }
    }
}
