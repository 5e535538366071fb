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
        if call.attempt > 1 {
            metrics::retried(&self.provider);
        }
        let mut watch = Watch {
            of: self,
            began: self.clock.now(),
            outcome: "broken_off",
        };
        let result = self.inner.call(call, deltas).await;
        watch.outcome = match &result {
            Ok(_) => "answered",
            Err(CallError::Transient { .. }) => "transient_error",
            Err(CallError::Permanent { .. }) => "permanent_error",
        };
        if let Ok(Some(usage)) = result.as_ref().map(|outcome| outcome.usage) {
            metrics::used(&self.provider, usage);
        }
        result
    }
}

/// Measures a call, also one that is dropped in the middle: that is how calls are cancelled.
struct Watch<'a> {
    of: &'a Measured,
    began: Timestamp,
    outcome: &'static str,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let time = self.of.clock.now().since(self.began);
        metrics::called(&self.of.provider, self.outcome, time);
    }
}
