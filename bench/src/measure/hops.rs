//! From one remote agent's answer to the next one's call, beside a bare client that calls the same
//! agents.

use std::{net::SocketAddr, path::Path, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    agents::TYPE,
    child::{Helper, Switchboard},
    failure::Failure,
    http::Http,
    latency::{median, milliseconds},
    load::Span,
    process::cpu,
    table::Table,
};

/// How long the server may take to learn what the agents are.
const PATIENCE: Duration = Duration::from_secs(20);
const JSON: &str = "content-type: application/json\r\n";

/// What one round says.
struct Round {
    /// Hops a second with all agents at work.
    hops: f64,
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
                "  {round} {:.0} hops/s, bare client {:.0} calls/s, ratio {:.3}, \
                 idle p50 {:.2} ms, p99 {:.2} ms, CPU {:.0} µs server, {:.0} µs agents",
                seen.hops,
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
    let agents = Helper::agents().await?;
    let url = format!("http://{}/", agents.at);
    let server = Switchboard::start_with(program, &[("REMOTE_AGENT_URL", url)]).await?;
    let mut api = Api::of(&server).await?;
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
    sleep(span.warm_up).await;
    let before = (
        seen(&mut watch).await?.calls,
        cpu(server.pid)?,
        cpu(agents.pid)?,
    );
    let began = Instant::now();
    sleep(span.measured).await;
    let after = (
        seen(&mut watch).await?.calls,
        cpu(server.pid)?,
        cpu(agents.pid)?,
    );
    let took = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
    let hops = (after.0 - before.0) as f64;
    let each = |spent: Duration| spent.as_secs_f64() * 1e6 / hops;
    let body = watch.ask("GET", "/last", "", "").await?.body;
    server.stop().await?;

    let bare = bare(agents.at, count, &body, span).await?;
    agents.stop().await?;
    Ok(Round {
        hops: hops / took,
        bare,
        idle_p50: idle.p50,
        idle_p99: idle.p99,
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

/// Calls a second of as many connections as there are agents, each one call after the other, with
/// the body that the server sent.
async fn bare(at: SocketAddr, count: usize, body: &str, span: Span) -> Result<f64, Failure> {
    let begin = Instant::now() + span.warm_up;
    let end = begin + span.measured;
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let body = body.to_owned();
        tasks.spawn(async move {
            let mut http = Http::connect(at).await?;
            let mut calls = 0_u32;
            while Instant::now() < end {
                http.ask("POST", "/", JSON, &body).await?;
                calls += u32::from(Instant::now() >= begin);
            }
            Ok::<u32, Failure>(calls)
        });
    }
    let mut calls = 0.0;
    for done in tasks.join_all().await {
        calls += f64::from(done?);
    }
    Ok(calls / span.measured.as_secs_f64())
}

/// The API of the server.
struct Api {
    http: Http,
    headers: String,
}

impl Api {
    async fn of(server: &Switchboard) -> Result<Self, Failure> {
        Ok(Self {
            http: Http::connect(server.at).await?,
            headers: format!("{}{JSON}", server.bearer),
        })
    }

    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<u64, Failure> {
        let answer = self.http.ask(method, path, &self.headers, body).await?;
        answer.number("id")
    }

    /// Makes the agents, each of which receives from the one before it and the first from the last.
    /// Tells the id of the last.
    async fn ring(&mut self, count: usize) -> Result<u64, Failure> {
        let known = timeout(PATIENCE, self.wait_for_type()).await;
        known.map_err(|_| Failure::unexpected("waiting for the agents", "nothing"))??;
        let mut ids = Vec::with_capacity(count);
        for no in 0..count {
            let sources: &[u64] = ids.last().map_or(&[], std::slice::from_ref);
            let body = format!(
                r#"{{"type":"Agents::{TYPE}","name":"hop {no}","options":{{}},"sources":{sources:?}}}"#
            );
            ids.push(self.ask("POST", "/api/v1/agents", &body).await?);
        }
        let (first, last) = (ids[0], ids[count - 1]);
        let path = format!("/api/v1/agents/{first}");
        self.ask("PATCH", &path, &format!(r#"{{"sources":[{last}]}}"#))
            .await?;
        Ok(last)
    }

    async fn wait_for_type(&mut self) -> Result<(), Failure> {
        loop {
            let types = self
                .http
                .ask("GET", "/api/v1/agent_types", &self.headers, "")
                .await?;
            if types.body.contains(TYPE) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a message on its way.
    async fn emit(&mut self, agent: u64) -> Result<(), Failure> {
        let path = format!("/api/v1/agents/{agent}/messages");
        self.ask("POST", &path, r#"{"payload":{"hop":0}}"#)
            .await
            .map(drop)
    }
}
