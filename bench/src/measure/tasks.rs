//! Tasks and steps of the demo agent over HTTP, durable, beside a bare handler that reads and answers
//! the same JSON.

use std::{net::SocketAddr, path::Path, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use crate::{
    child::{Helper, Switchboard},
    failure::Failure,
    http::Http,
    latency::{Latencies, median},
    load::Span,
    process::cpu,
    table::Table,
};

const TASKS: &str = "/ap/v1/agent/tasks";
const STEP: &str = r#"{"input":"Write 'Washington' to a file","additional_input":{"n":1}}"#;
const DOING: &str = "asking for steps";

/// Measures and prints.
pub async fn run(
    program: &Path,
    connections: &[usize],
    rounds: usize,
    span: Span,
) -> Result<Table, Failure> {
    let mut table = Table::default();
    for count in connections {
        println!("\nsteps over {count} connections");
        let (mut bare, mut own, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for round in 1..=rounds {
            let rate = of_bare_handler(*count, span).await?;
            println!("  {round} bare handler  {rate:9.0}/s");
            bare.push(rate);
            let (steps, tasks) = of_server(program, *count, span).await?;
            println!("  {round} switchboard   {steps:9.0} steps/s, {tasks:9.0} tasks/s");
            own.push(steps);
            made.push(tasks);
        }
        let ratio = median(bare.iter().zip(&own).map(|(bare, own)| own / bare));
        let row = |what: &str| format!("{what}, {count} connections");
        table.add(row("steps"), format!("{:.0}/s", median(own)));
        table.add(row("tasks"), format!("{:.0}/s", median(made)));
        table.add(row("bare handler"), format!("{:.0}/s", median(bare)));
        table.add(row("steps/bare handler"), format!("{ratio:.3}"));
    }
    Ok(table)
}

/// How often a second the bare handler answers.
async fn of_bare_handler(count: usize, span: Span) -> Result<f64, Failure> {
    let bare = Helper::echo().await?;
    let ask = Ask {
        at: bare.at,
        headers: "content-type: application/json\r\n".to_owned(),
        paths: vec!["/json".to_owned(); count],
    };
    let rate = ask.rate(span, bare.pid).await?;
    bare.stop().await?;
    Ok(rate)
}

/// How many steps, and how many tasks, a fresh server takes a second.
async fn of_server(program: &Path, count: usize, span: Span) -> Result<(f64, f64), Failure> {
    let without = |name: &'static str| (name, "0".to_owned());
    let limits = ["SWITCHBOARD_LIMITS_STEPS_PER_TASK"].map(without);
    let server = Switchboard::start_with(program, &limits).await?;
    let headers = format!("content-type: application/json\r\n{}", server.bearer);
    let mut http = Http::connect(server.at).await?;
    let mut paths = Vec::with_capacity(count);
    for _ in 0..count {
        let task = http.ask("POST", TASKS, &headers, STEP).await?;
        paths.push(format!("{TASKS}/{}/steps", task.text("task_id")?));
    }
    let mut ask = Ask {
        at: server.at,
        headers,
        paths,
    };
    let steps = ask.rate(span, server.pid).await?;
    ask.paths = vec![TASKS.to_owned(); count];
    let tasks = ask.rate(span, server.pid).await?;
    server.stop().await?;
    Ok((steps, tasks))
}

/// What is asked over and over, each path by a connection of its own.
struct Ask {
    at: SocketAddr,
    headers: String,
    paths: Vec<String>,
}

impl Ask {
    async fn rate(&self, span: Span, server: u32) -> Result<f64, Failure> {
        self.all(span.warm_up).await?;
        let (before, began) = (cpu(server)?, Instant::now());
        let times = self.all(span.measured).await?;
        let (took, count) = (began.elapsed(), f64::from(times.count()));
        let spent = cpu(server)?.saturating_sub(before).as_secs_f64() * 1e6 / count;
        println!("    {}, CPU {spent:.1} µs each", times.summary());
        Ok(count / took.as_secs_f64())
    }

    async fn all(&self, span: Duration) -> Result<Latencies, Failure> {
        let (mut tasks, end) = (JoinSet::new(), Instant::now() + span);
        for path in &self.paths {
            let (at, path, headers) = (self.at, path.clone(), self.headers.clone());
            tasks.spawn(async move { one(at, &path, &headers, end).await });
        }
        let mut times = Latencies::default();
        for done in tasks.join_all().await {
            times.extend(done?);
        }
        Ok(times)
    }
}

/// How long each answer took.
async fn one(
    at: SocketAddr,
    path: &str,
    headers: &str,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    let mut http = Http::connect(at).await?;
    let mut times = Vec::new();
    while Instant::now() < end {
        let sent = Instant::now();
        let answer = http.ask("POST", path, headers, STEP).await?;
        if path.ends_with("/steps") && !answer.body.contains(r#""status":"completed""#) {
            return Err(Failure::unexpected(DOING, answer.to_string()));
        }
        times.push(sent.elapsed());
    }
    Ok(times)
}
