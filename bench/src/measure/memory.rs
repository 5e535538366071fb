//! What connections and sessions cost while nothing happens, and after they are gone.

use std::{path::Path, time::Duration};

use tokio::{task::JoinSet, time::sleep};

use crate::{
    child::Switchboard,
    failure::Failure,
    http::Http,
    load::TEXT,
    process::{Memory, cpu, memory},
    sessions::{self, Client},
    table::Table,
};

/// Until the server has tidied up after what was asked of it.
const SETTLE: Duration = Duration::from_secs(3);
/// For how long the idle server is watched.
const IDLE: Duration = Duration::from_secs(10);
/// How many sessions come and go at once.
const AT_ONCE: usize = 16;

/// Measures and prints.
pub async fn run(program: &Path, count: usize, come_and_go: usize) -> Result<Table, Failure> {
    let mut table = Table::default();
    let server = Switchboard::start(program).await?;
    // What is made once only is not counted to the first of many.
    coming_and_going(&server, 50).await?;
    idle_cpu(&server, "nobody connected", &mut table).await?;
    let empty = memory(server.pid)?;
    table.add("memory of the server at the start", empty.to_string());
    let ids = sessions::create_many(&server, count).await?;
    sleep(SETTLE).await;
    let with_sessions = memory(server.pid)?;
    let each = with_sessions.each(empty, count);
    table.add(format!("memory of each of {count} idle sessions"), each);
    let sockets = sessions::connect_each(&server, &ids).await?;
    sleep(SETTLE).await;
    let connected = memory(server.pid)?;
    let each = connected.each(with_sessions, count);
    table.add(format!("memory of each of {count} idle connections"), each);
    idle_cpu(&server, &format!("{count} connections"), &mut table).await?;
    drop(sockets);
    sleep(SETTLE).await;
    let gone = memory(server.pid)?;
    table.add("memory after these connections went", gone.to_string());
    server.stop().await?;
    after(program, come_and_go, &mut table).await?;
    Ok(table)
}

/// What is left of many sessions.
async fn after(program: &Path, count: usize, table: &mut Table) -> Result<(), Failure> {
    let server = Switchboard::start(program).await?;
    coming_and_going(&server, 50).await?;
    sleep(SETTLE).await;
    let before = memory(server.pid)?;
    for half in [1, 2] {
        coming_and_going(&server, count / 2).await?;
        sleep(SETTLE).await;
        let now = memory(server.pid)?;
        let gone = count / 2 * half;
        table.add(
            format!("memory after {gone} sessions came and went"),
            format!("{now}; before them {before}"),
        );
    }
    server.stop().await
}

/// Sessions that are created, told one text, and deleted once it is answered.
async fn coming_and_going(server: &Switchboard, count: usize) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for worker in 0..AT_ONCE {
        let client = Client::of(server);
        let share = (count + worker) / AT_ONCE;
        tasks.spawn(async move {
            let mut http = Http::connect(client.at).await?;
            for _ in 0..share {
                let id = client.create(&mut http).await?;
                let mut socket = client.connect(&id).await?;
                socket.send(TEXT).await?;
                socket.wait_for(sessions::RESPONSE).await?;
                client.delete(&mut http, &id).await?;
            }
            Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect()
}

async fn idle_cpu(server: &Switchboard, when: &str, table: &mut Table) -> Result<(), Failure> {
    sleep(SETTLE).await;
    let before = cpu(server.pid)?;
    sleep(IDLE).await;
    let spent = cpu(server.pid)?.saturating_sub(before);
    table.add(
        format!("CPU of the idle server in {} s, {when}", IDLE.as_secs()),
        format!("{} ms (counted in steps of 10)", spent.as_millis()),
    );
    Ok(())
}

impl Memory {
    /// What each of so many made it grow by.
    fn each(self, before: Self, count: usize) -> String {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let of = |now: u64, before: u64| {
            let number = |kilobytes: u64| f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX));
            (number(now) - number(before)) / count
        };
        format!(
            "{:.1} KiB RSS, {:.1} KiB PSS",
            of(self.resident, before.resident),
            of(self.proportional, before.proportional)
        )
    }
}
