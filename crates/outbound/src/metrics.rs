//! What calls tell about themselves to whoever watches the server. Providers go by the names that the
//! operator gave them; models do not appear, because users name them.

use metrics::{SharedString, Unit, counter, describe_counter, describe_histogram, histogram};
use std::{sync::Arc, time::Duration};
use switchboard_domain::nouns::Usage;

const CALLS: &str = "switchboard_provider_call_duration_seconds";
const RETRIES: &str = "switchboard_provider_retries_total";
const TOKENS: &str = "switchboard_provider_tokens_total";

/// Says what the figures mean. They are described once there is somebody to collect them.
pub fn describe() {
    describe_histogram!(
        CALLS,
        Unit::Seconds,
        "Time that a provider took for a call, by what came of it"
    );
    describe_counter!(
        RETRIES,
        "Calls that were made once more for the same answer"
    );
    describe_counter!(TOKENS, "Model tokens, read (in) and written (out)");
}

/// A call is made again.
pub(crate) fn retried(provider: &Arc<str>) {
    counter!(RETRIES, "provider" => name(provider)).increment(1);
}

/// A call is over.
pub(crate) fn called(provider: &Arc<str>, outcome: &'static str, time: Duration) {
    histogram!(CALLS, "provider" => name(provider), "outcome" => outcome)
        .record(time.as_secs_f64());
}

/// A call used tokens.
pub(crate) fn used(provider: &Arc<str>, usage: Usage) {
    let directions = [("in", usage.input_tokens), ("out", usage.output_tokens)];
    for (direction, tokens) in directions {
        counter!(TOKENS, "provider" => name(provider), "direction" => direction)
            .increment(u64::try_from(tokens).unwrap_or(0));
    }
}

fn name(provider: &Arc<str>) -> SharedString {
    SharedString::from_shared(Arc::clone(provider))
}
