//! How fast sessions are created.

use std::{path::Path, time::Duration};

use tokio::{task::JoinSet, time::Instant};

use crate::{
    child::Switchboard, failure::Failure, http::Http, latency::Latencies, process::cpu, sessions,
    table::Table,
};

/// Measures and prints.
pub async fn run(program: &Path, clients: &[usize], span: Duration) -> Result<Table, Failure> {
    let mut table = Table::default();
    for count in clients {
        let server = Switchboard::start(program).await?;
        let mut tasks = JoinSet::new();
        let before = cpu(server.pid)?;
        let start = Instant::now();
        for _ in 0..*count {
            let new = sessions::Client::of(&server);
            tasks.spawn(async move { client(new, start + span).await });
        }
        let (mut times, mut conflicts) = (Latencies::default(), 0);
        for done in tasks.join_all().await {
            let (took, refused) = done?;
            times.extend(took);
            conflicts += refused;
        }
        let (took, spent) = (start.elapsed(), cpu(server.pid)?.saturating_sub(before));
        let created = f64::from(times.count());
        table.add(
            format!("sessions created by {count} clients at once"),
            format!(
                "{:.0}/s, {}, CPU of the server {:.0} µs each, {conflicts} answered by 409",
                created / took.as_secs_f64(),
                times.summary(),
                spent.as_secs_f64() * 1e6 / created
            ),
        );
        server.stop().await?;
    }
    Ok(table)
}

/// How long each took, and how many were refused because another client came first.
async fn client(new: sessions::Client, end: Instant) -> Result<(Vec<Duration>, u32), Failure> {
    let mut http = Http::connect(new.at).await?;
    let (mut times, mut conflicts) = (Vec::new(), 0);
    while Instant::now() < end {
        let sent = Instant::now();
        match new.create_at_once(&mut http).await {
            Ok(_) => times.push(sent.elapsed()),
            Err(Failure::Refused { status: 409, .. }) => conflicts += 1,
            Err(failure) => return Err(failure),
        }
    }
    Ok((times, conflicts))
}
