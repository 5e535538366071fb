//! A provider whose calls are measured.

use crate::metrics;
use async_trait::async_trait;
use std::sync::Arc;
use switchboard_domain::{
    Timestamp,
    nouns::{Call, Outcome},
    ports::{AgentRuntime, CallError, Clock, DeltaSink, ProviderInfo},
};

/// Calls another, and tells how it went.
pub(crate) struct Measured {
    inner: Box<dyn AgentRuntime>,
    provider: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl Measured {
    /// This provider, measured by this clock.
    pub(crate) fn new(inner: impl AgentRuntime + 'static, clock: &Arc<dyn Clock>) -> Self {
        Self {
            provider: inner.info().id.into(),
            inner: Box::new(inner),
            clock: Arc::clone(clock),
        }
    }
}

#[async_trait]
impl AgentRuntime for Measured {
    fn info(&self) -> ProviderInfo {
        self.inner.info()
    }

    async fn call(&self, call: &Call, deltas: &dyn DeltaSink) -> Result<Outcome, CallError> {
        let watch = Watch::begin(&self.provider, &self.clock, call.attempt);
        watch.end(self.inner.call(call, deltas).await)
    }
}

/// Measures a call, also one that is dropped in the middle: that is how calls are cancelled.
pub(crate) struct Watch<'a> {
    provider: &'a Arc<str>,
    clock: &'a Arc<dyn Clock>,
    began: Timestamp,
    outcome: &'static str,
}

impl<'a> Watch<'a> {
    /// A call of this provider begins, for the first time or once more.
    pub(crate) fn begin(provider: &'a Arc<str>, clock: &'a Arc<dyn Clock>, attempt: u32) -> Self {
        if attempt > 1 {
            metrics::retried(provider);
        }
        Self {
            provider,
            clock,
            began: clock.now(),
            outcome: "broken_off",
        }
    }

    /// It is over, with this result.
    pub(crate) fn end(mut self, result: Result<Outcome, CallError>) -> Result<Outcome, CallError> {
        self.outcome = match &result {
            Ok(_) => "answered",
            Err(CallError::Transient { .. }) => "transient_error",
            Err(CallError::Permanent { .. }) => "permanent_error",
        };
        if let Ok(Some(usage)) = result.as_ref().map(|outcome| outcome.usage) {
            metrics::used(self.provider, usage);
        }
        result
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let time = self.clock.now().since(self.began);
        metrics::called(self.provider, self.outcome, time);
    }
}
