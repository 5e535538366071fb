//! From one remote agent's answer to the next one's call, beside a bare client that calls the same
//! agents.

mod api;
mod bare;

use std::{path::Path, time::Duration};

use api::Api;
use bare::bare;
use tokio::time::{Instant, sleep};

use crate::{
    agents::{DOOMED_TYPE, SLOW_TYPE, TYPE},
    child::{Helper, Switchboard},
    failure::Failure,
    http::Http,
    latency::{median, milliseconds},
    load::Span,
    process::cpu,
    table::Table,
};

/// How many messages wait for the slow agent, and for the dead one.
const STUCK: usize = 50;

/// What one round says.
struct Round {
    /// Hops a second with all agents at work.
    hops: f64,
    /// The same while an agent that takes 5 s for an answer and one that died have messages waiting.
    beside_bad: f64,
    /// Calls a second of as many connections without a server between.
    bare: f64,
    /// From an answer to the next call with one message on its way: the middle, in milliseconds.
    idle_p50: f64,
    /// The same, the 99th of a hundred.
    idle_p99: f64,
    /// Processor time of the server for a hop, in microseconds.
    server_us: f64,
    /// Processor time of the agents for a hop, in microseconds.
    agents_us: f64,
}

/// Measures and prints.
pub async fn run(
    program: &Path,
    chains: &[usize],
    rounds: usize,
    span: Span,
) -> Result<Table, Failure> {
    let mut table = Table::default();
    for count in chains.iter().map(|count| (*count).max(1)) {
        println!("\nhops through {count} agents");
        let mut all = Vec::with_capacity(rounds);
        for round in 1..=rounds {
            let seen = one(program, count, span).await?;
            println!(
                "  {round} {:.0} hops/s, {:.0} beside a slow and a dead agent, bare client {:.0} calls/s, ratio {:.3}, \
                 idle p50 {:.2} ms, p99 {:.2} ms, CPU {:.0} µs server, {:.0} µs agents",
                seen.hops,
                seen.beside_bad,
                seen.bare,
                seen.hops / seen.bare,
                seen.idle_p50,
                seen.idle_p99,
                seen.server_us,
                seen.agents_us
            );
            all.push(seen);
        }
        summarise(&all, count, &mut table);
    }
    Ok(table)
}

fn summarise(all: &[Round], count: usize, table: &mut Table) {
    let of = |figure: fn(&Round) -> f64| median(all.iter().map(figure));
    let row = |what: &str| format!("hops through {count} agents, {what}");
    table.add(
        row("switchboard"),
        format!(
            "{:.0}/s, CPU of the server {:.0} µs each, of the agents {:.0} µs",
            of(|round| round.hops),
            of(|round| round.server_us),
            of(|round| round.agents_us)
        ),
    );
    table.add(
        row("bare client"),
        format!("{:.0}/s", of(|round| round.bare)),
    );
    table.add(
        row("beside a slow and a dead agent"),
        format!(
            "{:.0}/s, {:.2} of the rate without them",
            of(|round| round.beside_bad),
            of(|round| round.beside_bad / round.hops)
        ),
    );
    table.add(
        row("switchboard/bare client"),
        format!("{:.4}", of(|round| round.hops / round.bare)),
    );
    table.add(
        row("one message, from an answer to the next call"),
        format!(
            "p50 {:.3} ms, p99 {:.3} ms",
            of(|round| round.idle_p50),
            of(|round| round.idle_p99)
        ),
    );
}

/// A fresh server with so many agents in a chain that is closed to a ring, so that messages go round
/// and nothing has to be put in meanwhile.
async fn one(program: &Path, count: usize, span: Span) -> Result<Round, Failure> {
    let (agents, doomed) = (Helper::agents().await?, Helper::agents().await?);
    let url = format!("http://{}/", agents.at);
    let variables = [
        ("REMOTE_AGENT_URL", url.clone()),
        ("REMOTE_AGENT_URL_SLOW", format!("{url}slow")),
        (
            "REMOTE_AGENT_URL_DOOMED",
            format!("http://{}/doomed", doomed.at),
        ),
    ];
    let server = Switchboard::start_with(program, &variables).await?;
    let mut api = Api::of(&server).await?;
    api.wait_for(&[TYPE, SLOW_TYPE, DOOMED_TYPE]).await?;
    let last = api.ring(count).await?;

    let mut watch = Http::connect(agents.at).await?;
    api.emit(last).await?;
    sleep(span.warm_up).await;
    seen(&mut watch).await?;
    sleep(span.measured).await;
    let idle = seen(&mut watch).await?;

    // Two for each agent, so that each finds the next one waiting when it has answered.
    for _ in 1..2 * count {
        api.emit(last).await?;
    }
    let hops = rate(&mut watch, span, &server, &agents).await?;
    let source = api.fan(&[SLOW_TYPE, DOOMED_TYPE]).await?;
    doomed.stop().await?;
    for _ in 0..STUCK {
        api.emit(source).await?;
    }
    let beside_bad = rate(&mut watch, span, &server, &agents).await?;
    let body = watch.ask("GET", "/last", "", "").await?.body;
    server.stop().await?;

    let bare = bare(&url, count, &body, span).await?;
    agents.stop().await?;
    Ok(Round {
        hops: hops.per_second,
        beside_bad: beside_bad.per_second,
        bare,
        idle_p50: idle.p50,
        idle_p99: idle.p99,
        server_us: hops.server_us,
        agents_us: hops.agents_us,
    })
}

/// How many hops there are, and what one takes.
struct Rate {
    per_second: f64,
    server_us: f64,
    agents_us: f64,
}

async fn rate(
    watch: &mut Http,
    span: Span,
    server: &Switchboard,
    agents: &Helper,
) -> Result<Rate, Failure> {
    sleep(span.warm_up).await;
    let before = (seen(watch).await?.calls, cpu(server.pid)?, cpu(agents.pid)?);
    let began = Instant::now();
    sleep(span.measured).await;
    let after = (seen(watch).await?.calls, cpu(server.pid)?, cpu(agents.pid)?);
    let took = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
    let hops = (after.0 - before.0) as f64;
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / hops;
    Ok(Rate {
        per_second: hops / took,
        server_us: each(after.1.saturating_sub(before.1)),
        agents_us: each(after.2.saturating_sub(before.2)),
    })
}

/// What the agents saw.
struct Seen {
    calls: u64,
    p50: f64,
    p99: f64,
}

async fn seen(watch: &mut Http) -> Result<Seen, Failure> {
    let answer = watch.ask("GET", "/seen", "", "").await?;
    let ms = |nanos: u64| milliseconds(Duration::from_nanos(nanos));
    Ok(Seen {
        calls: answer.number("calls")?,
        p50: ms(answer.number("p50")?),
        p99: ms(answer.number("p99")?),
    })
}
