//! The generator: a task for each connection, one text in flight on each.

use std::{process, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    failure::Failure,
    latency::{Latencies, Summary},
    process::cpu,
    socket::Socket,
};

/// About as long as what people say to an agent in short.
pub const TEXT: &[u8] =
    br#"{"type":"text","content":"how long is a piece of string today, pray?"}"#;

/// For how long to measure, and what to leave out before.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Not measured.
    pub warm_up: Duration,
    /// Measured.
    pub measured: Duration,
}

/// What a measurement of round trips says.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Round trips a second.
    pub per_second: f64,
    /// How long one takes.
    pub times: Summary,
    /// Processor time of the server for one, in microseconds.
    pub server_us: f64,
    /// Processor time of the generator for one, in microseconds.
    pub generator_us: f64,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            to,
            "{:9.0} round trips/s, {}, CPU {:6.1} µs server, {:6.1} µs generator",
            self.per_second, self.times, self.server_us, self.generator_us
        )
    }
}

/// Sends texts on all connections, each as soon as the one before is answered by a frame that
/// begins with `answer`.
pub async fn round_trips(
    sockets: Vec<Socket>,
    text: &'static [u8],
    answer: &'static [u8],
    span: Span,
    pid: u32,
) -> Result<(Rate, Vec<Socket>), Failure> {
    let begin = Instant::now() + span.warm_up;
    let end = begin + span.measured;
    let mut tasks = JoinSet::new();
    for socket in sockets {
        tasks.spawn(one(socket, text, answer, begin, end));
    }
    sleep_until(begin).await;
    let before = (Instant::now(), cpu(pid)?, cpu(process::id())?);
    sleep_until(end).await;
    let after = (Instant::now(), cpu(pid)?, cpu(process::id())?);
    let mut times = Latencies::default();
    let mut sockets = Vec::with_capacity(tasks.len());
    for done in tasks.join_all().await {
        let (took, socket) = done?;
        times.extend(took);
        sockets.push(socket);
    }
    let count = f64::from(times.count());
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / count;
    let rate = Rate {
        per_second: count / (after.0 - before.0).as_secs_f64(),
        server_us: each(after.1.saturating_sub(before.1)),
        generator_us: each(after.2.saturating_sub(before.2)),
        times: times.summary(),
    };
    Ok((rate, sockets))
}

async fn one(
    mut socket: Socket,
    text: &'static [u8],
    answer: &'static [u8],
    begin: Instant,
    end: Instant,
) -> Result<(Vec<Duration>, Socket), Failure> {
    let mut times = Vec::with_capacity(1 << 12);
    let mut sent = Instant::now();
    while sent < end {
        socket.send(text).await?;
        socket.wait_for(answer).await?;
        let now = Instant::now();
        if now >= begin && now < end {
            times.push(now - sent);
        }
        sent = now;
    }
    Ok((times, socket))
}
