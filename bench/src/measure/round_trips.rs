//! From a text to the agent's answer to it, both on disk, beside an echo and the bare disk.

use std::path::{Path, PathBuf};

use crate::{
    child::{Helper, Switchboard},
    disk,
    failure::Failure,
    latency::{median, milliseconds},
    load::{Rate, Span, TEXT, round_trips},
    sessions,
    socket::Socket,
    table::Table,
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

/// All rounds with so many sessions.
#[derive(Default)]
struct Rounds {
    echo: Vec<Rate>,
    server: Vec<Rate>,
    /// Of a bare database, a second.
    commits: Vec<f64>,
    /// Of a bare file, a second.
    syncs: Vec<f64>,
}

/// Measures and prints.
pub async fn run(plan: &Plan) -> Result<Table, Failure> {
    let mut table = Table::default();
    for count in &plan.sessions {
        println!("\nround trips with {count} sessions");
        let mut rounds = Rounds::default();
        for round in 1..=plan.rounds {
            let rate = of_echo(*count, plan.span).await?;
            println!("  {round} echo         {rate}");
            rounds.echo.push(rate);
            let rate = of_server(&plan.server, *count, plan.span).await?;
            println!("  {round} switchboard  {rate}");
            rounds.server.push(rate);
            bare_disk(plan, &mut rounds).await?;
        }
        summarise(&rounds, *count, &mut table);
    }
    Ok(table)
}

/// The rate of the bare echo.
async fn of_echo(count: usize, span: Span) -> Result<Rate, Failure> {
    let echo = Helper::echo().await?;
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

/// What the disk with the server's data allows.
async fn bare_disk(plan: &Plan, rounds: &mut Rounds) -> Result<(), Failure> {
    let beside = plan.server.parent().unwrap_or(Path::new("."));
    let folder = tempfile::tempdir_in(beside).map_err(Failure::io("making a folder"))?;
    let span = plan.span.measured / 4;
    let commits = disk::commits(folder.path(), span).await?;
    let syncs = disk::syncs(folder.path(), span)?;
    println!("    bare disk   {commits:9.0} commits of a row/s, {syncs:.0} syncs of 4 KiB/s");
    rounds.commits.push(commits);
    rounds.syncs.push(syncs);
    Ok(())
}

fn summarise(rounds: &Rounds, count: usize, table: &mut Table) {
    let of = |rates: &[Rate], figure: fn(&Rate) -> f64| median(rates.iter().map(figure));
    let row = |what: &str| format!("round trips, {count} sessions, {what}");
    let pairs = rounds.echo.iter().zip(&rounds.server);
    let ratio = median(pairs.map(|(echo, own)| own.per_second / echo.per_second));
    for (name, rates) in [("switchboard", &rounds.server), ("echo", &rounds.echo)] {
        table.add(
            row(name),
            format!(
                "{:.0}/s, p50 {:.3} ms, p99 {:.3} ms, max {:.1} ms, \
                 CPU of the server {:.1} µs each, of the generator {:.1} µs",
                of(rates, |rate| rate.per_second),
                of(rates, |rate| milliseconds(rate.times.p50)),
                of(rates, |rate| milliseconds(rate.times.p99)),
                of(rates, |rate| milliseconds(rate.times.max)),
                of(rates, |rate| rate.server_us),
                of(rates, |rate| rate.generator_us),
            ),
        );
    }
    table.add(row("switchboard/echo"), format!("{ratio:.4}"));
    table.add(
        row("bare disk meanwhile"),
        format!(
            "{:.0} commits of a row/s (SQLite, WAL, synchronous FULL), \
             {:.0} appends of 4 KiB with fdatasync/s",
            median(rounds.commits.iter().copied()),
            median(rounds.syncs.iter().copied()),
        ),
    );
}
