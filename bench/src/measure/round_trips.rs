//! From a text to the agent's answer to it, both on disk, beside an echo and the bare disk.

use std::path::{Path, PathBuf};

use crate::{
    child::{Echo, Switchboard},
    disk,
    failure::Failure,
    latency::median,
    load::{Rate, Span, TEXT, round_trips},
    sessions,
    socket::Socket,
};

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's program.
    pub server: PathBuf,
    /// How many sessions at once, one after the other.
    pub sessions: Vec<usize>,
    /// How often each.
    pub rounds: usize,
    /// For how long each.
    pub span: Span,
}

/// Measures and prints.
pub async fn run(plan: &Plan) -> Result<(), Failure> {
    for sessions in &plan.sessions {
        println!("\nround trips with {sessions} sessions");
        let (mut echoes, mut ours) = (Vec::new(), Vec::new());
        for round in 1..=plan.rounds {
            let rate = of_echo(*sessions, plan.span).await?;
            println!("  {round} echo         {rate}");
            echoes.push(rate);
            let rate = of_server(&plan.server, *sessions, plan.span).await?;
            println!("  {round} switchboard  {rate}");
            ours.push(rate);
        }
        summarise(&echoes, &ours);
        bare_disk(&plan.server, plan.span).await?;
    }
    Ok(())
}

/// The rate of the bare echo.
async fn of_echo(count: usize, span: Span) -> Result<Rate, Failure> {
    let echo = Echo::start().await?;
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        sockets.push(Socket::open(echo.at, "/echo", "").await?);
    }
    let (rate, sockets) = round_trips(sockets, TEXT, b"{", span, echo.pid).await?;
    drop(sockets);
    echo.stop().await?;
    Ok(rate)
}

/// The rate of a fresh server.
async fn of_server(program: &Path, count: usize, span: Span) -> Result<Rate, Failure> {
    let server = Switchboard::start(program).await?;
    let ids = sessions::create_many(&server, count).await?;
    let sockets = sessions::connect_each(&server, &ids).await?;
    let measured = round_trips(sockets, TEXT, sessions::RESPONSE, span, server.pid).await;
    let (rate, sockets) = measured?;
    drop(sockets);
    server.stop().await?;
    Ok(rate)
}

fn summarise(echoes: &[Rate], ours: &[Rate]) {
    let of = |rates: &[Rate], figure: fn(&Rate) -> f64| median(rates.iter().map(figure));
    let (echo, own) = (of(echoes, |r| r.per_second), of(ours, |r| r.per_second));
    println!(
        "  median: echo {echo:.0}/s, switchboard {own:.0}/s, ratio switchboard/echo {:.4}; \
         p50 {:.3} ms, p99 {:.3} ms; CPU of the server for one {:.1} µs (echo {:.1} µs)",
        own / echo,
        of(ours, |r| r.times.p50.as_secs_f64() * 1e3),
        of(ours, |r| r.times.p99.as_secs_f64() * 1e3),
        of(ours, |r| r.server_us),
        of(echoes, |r| r.server_us),
    );
}

/// What the disk with the server's data allows.
async fn bare_disk(program: &Path, span: Span) -> Result<(), Failure> {
    const DOING: &str = "making a folder";
    let beside = program.parent().unwrap_or(Path::new("."));
    let folder = tempfile::tempdir_in(beside).map_err(Failure::io(DOING))?;
    let commits = disk::commits(folder.path(), span.measured / 2).await?;
    let syncs = disk::syncs(folder.path(), span.measured / 2)?;
    println!(
        "  bare disk: {commits:.0} commits of one row/s (SQLite, WAL, synchronous FULL), \
         {syncs:.0} appends of 4 KiB with fdatasync/s"
    );
    Ok(())
}
