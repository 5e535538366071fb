//! Collecting the figures that all crates tell, for Prometheus.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use switchboard_domain::ports::Clock;
use switchboard_doors::Figures;

const STARTED: &str = "process_start_time_seconds";
const BUILD: &str = "switchboard_build_info";
const CONNECTIONS: &str = "switchboard_http_connections_open";
const DELAYED: &str = "switchboard_http_connections_delayed_total";

/// The buckets of times, in seconds: from a commit to a slow model.
const TIMES: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// The buckets of the writes in a batch.
const WRITES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// How often what was told is put into the buckets, though nobody asks, in seconds.
const UPKEEP_S: i64 = 5;

/// Of the one collector that a process has, however many servers run in it.
static COLLECTED: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to collect. A second time changes nothing.
///
/// # Errors
/// When the buckets are none.
pub fn collect(clock: &dyn Clock) -> Result<Figures, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&TIMES)?
        .set_buckets_for_metric(Matcher::Suffix("_writes".to_owned()), &WRITES)?
        .build_recorder();
    let handle = COLLECTED.get_or_init(|| {
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::debug!("the figures are collected by somebody else");
        }
        describe();
        gauge!(STARTED)
            .set(Duration::from_micros(clock.now().as_micros().unsigned_abs()).as_secs_f64());
        gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        handle
    });
    Ok(Figures::new(|| handle.render()))
}

/// No figures.
pub fn none() -> Figures {
    Figures::new(String::new)
}

fn describe() {
    switchboard_store::describe_metrics();
    switchboard_core::describe_metrics();
    switchboard_outbound::describe_metrics();
    switchboard_doors::describe_metrics();
    describe_gauge!(
        STARTED,
        Unit::Seconds,
        "When the server started, in seconds since 1970"
    );
    describe_gauge!(BUILD, "1, with the version of the server");
    describe_gauge!(
        CONNECTIONS,
        "HTTP connections that are open; WebSockets do not count"
    );
    describe_counter!(
        DELAYED,
        "Times that connections had to wait because all places were taken"
    );
}

/// Keeps what is collected small although nobody may ask for it. Never ends.
pub async fn keep_small(clock: Arc<dyn Clock>) {
    loop {
        clock.sleep_until(clock.now().plus_seconds(UPKEEP_S)).await;
        if let Some(collected) = COLLECTED.get() {
            collected.run_upkeep();
        }
    }
}

/// All places for connections are taken.
pub(crate) fn connections_wait() {
    counter!(DELAYED).increment(1);
}

/// An HTTP connection that is open, until this is dropped.
pub(crate) struct OpenConnection;

impl OpenConnection {
    /// It opens.
    pub(crate) fn new() -> Self {
        gauge!(CONNECTIONS).increment(1.0);
        Self
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}
