//! What the store tells about itself to whoever watches the server.

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use std::time::Duration;

const QUEUED: &str = "switchboard_write_queue_depth";
const REFUSED: &str = "switchboard_writes_refused_total";
const BATCHES: &str = "switchboard_commit_batches_total";
const FAILED: &str = "switchboard_commit_failures_total";
const WRITES: &str = "switchboard_commit_batch_writes";
const LATENCY: &str = "switchboard_commit_duration_seconds";

/// Says what the figures mean. They are described once there is somebody to collect them.
pub fn describe() {
    describe_gauge!(QUEUED, "Writes that wait to be committed");
    describe_counter!(
        REFUSED,
        "Writes that were refused because the queue was full"
    );
    describe_counter!(
        BATCHES,
        "Batches of writes, of which each is one transaction"
    );
    describe_counter!(FAILED, "Transactions of writes that failed for good");
    describe_histogram!(WRITES, "Writes that shared a batch");
    describe_histogram!(
        LATENCY,
        Unit::Seconds,
        "Time until a batch was durable, or had failed"
    );
}

/// A write is about to wait. Told before it is in the queue, so that the depth is never below zero.
pub(crate) fn queued() {
    gauge!(QUEUED).increment(1.0);
}

/// A write found the queue full.
pub(crate) fn found_no_room<E>(error: E) -> E {
    gauge!(QUEUED).decrement(1.0);
    counter!(REFUSED).increment(1);
    error
}

/// Writes that waited make a batch.
pub(crate) fn taken(writes: usize) {
    // A batch has 512 writes at most.
    let writes = u32::try_from(writes).unwrap_or(u32::MAX);
    gauge!(QUEUED).decrement(f64::from(writes));
    histogram!(WRITES).record(f64::from(writes));
}

/// A batch is over and done with, well or not.
pub(crate) fn batch_took(time: Duration) {
    counter!(BATCHES).increment(1);
    histogram!(LATENCY).record(time.as_secs_f64());
}

/// A transaction failed.
pub(crate) fn batch_failed() {
    counter!(FAILED).increment(1);
}
