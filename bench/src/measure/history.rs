//! Whether a long conversation costs more for each text than a short one.

use std::{path::Path, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use crate::{
    child::Switchboard, failure::Failure, load::TEXT, process::cpu, sessions, socket::Socket,
    table::Table,
};

const SESSIONS: usize = 50;
/// Measured in each session: few, since each makes the conversation longer.
const MEASURED: usize = 20;
/// How often each length is measured, with new sessions.
const SETS: usize = 3;
/// Until the server has written away what filling left.
const SETTLE: Duration = Duration::from_millis(500);

/// Processor time and time for a round trip, in microseconds.
#[derive(Clone, Copy)]
struct Each {
    cpu: f64,
    wall: f64,
}

/// Measures and prints.
pub async fn run(program: &Path, short: usize, long: usize) -> Result<Table, Failure> {
    let mut table = Table::default();
    let server = Switchboard::start(program).await?;
    let (mut shorts, mut longs) = (Vec::new(), Vec::new());
    for _ in 0..SETS {
        shorts.push(of(&server, short).await?);
        longs.push(of(&server, long).await?);
    }
    // The mean, not the middle: the processor time of one set is a few dozen ticks only.
    let sets = f64::from(u32::try_from(SETS).unwrap_or(u32::MAX));
    let cpu = |all: &[Each]| all.iter().map(|each| each.cpu).sum::<f64>() / sets;
    let wall = |all: &[Each]| all.iter().map(|each| each.wall).sum::<f64>() / sets;
    for (length, all) in [(short, &shorts), (long, &longs)] {
        table.add(
            format!("round trip in {SESSIONS} sessions of {length} messages"),
            format!(
                "CPU of the server {:.1} µs each, {:.0}/s",
                cpu(all),
                1e6 / wall(all)
            ),
        );
    }
    table.add(
        format!("CPU of a round trip, {long} messages/{short} messages"),
        format!("{:.3}", cpu(&longs) / cpu(&shorts)),
    );
    server.stop().await?;
    Ok(table)
}

/// A round trip in new sessions that are this long already.
async fn of(server: &Switchboard, length: usize) -> Result<Each, Failure> {
    let ids = sessions::create_many(server, SESSIONS).await?;
    let sockets = sessions::connect_each(server, &ids).await?;
    // A round trip is two messages.
    let sockets = converse(sockets, length / 2).await?;
    sleep(SETTLE).await;
    let (start, before) = (Instant::now(), cpu(server.pid)?);
    let sockets = converse(sockets, MEASURED).await?;
    let (took, spent) = (start.elapsed(), cpu(server.pid)?.saturating_sub(before));
    drop(sockets);
    let count = f64::from(u32::try_from(SESSIONS * MEASURED).unwrap_or(u32::MAX));
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count;
    Ok(Each {
        cpu: each(spent),
        wall: each(took),
    })
}

/// So many round trips on each.
async fn converse(sockets: Vec<Socket>, times: usize) -> Result<Vec<Socket>, Failure> {
    let mut tasks = JoinSet::new();
    for mut socket in sockets {
        tasks.spawn(async move {
            for _ in 0..times {
                socket.send(TEXT).await?;
                socket.wait_for(sessions::RESPONSE).await?;
            }
            Ok(socket)
        });
    }
    tasks.join_all().await.into_iter().collect()
}
