//! Files that go up to a task and come down again, beside a bare copy over HTTP: how fast, how much memory they take,
//! and what is left of uploads that were cut off.

use std::{fs, net::SocketAddr, path::Path, pin::pin, time::Duration};

use tokio::{
    net::TcpStream,
    time::{Instant, interval, sleep},
};

use crate::{
    child::{Helper, Switchboard},
    echo,
    failure::Failure,
    http::Http,
    latency::median,
    process::resident,
    stream::{self, MIB},
    table::Table,
};

const TASKS: &str = "/ap/v1/agent/tasks";
const DOING: &str = "moving a file";
const SAMPLE_EVERY: Duration = Duration::from_millis(50);
/// How many uploads are cut off.
const CUT_OFF: usize = 200;
/// How long the server may take to clean up behind them.
const PATIENCE: Duration = Duration::from_secs(30);
const FORM: &str = "content-type: multipart/form-data; boundary=edge\r\n";
const HEAD: &[u8] =
    b"--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"large.bin\"\r\n\r\n";
const TAIL: &[u8] = b"\r\n--edge--\r\n";

/// Measures and prints.
pub async fn run(program: &Path, mib: u64, rounds: usize) -> Result<Table, Failure> {
    let mut table = Table::default();
    let mut figures: [Vec<f64>; 4] = Default::default();
    let mut rise = 0;
    for round in 1..=rounds {
        let bare = bare(mib).await?;
        let (up, down, more) = own(program, mib).await?;
        println!(
            "  {round} up {up:.0} MiB/s, bare {:.0}; down {down:.0} MiB/s, bare {:.0}; memory rose by {more} KiB",
            bare.0, bare.1
        );
        for (figures, figure) in figures.iter_mut().zip([up, bare.0, down, bare.1]) {
            figures.push(figure);
        }
        rise = rise.max(more);
    }
    let [up, bare_up, down, bare_down] = figures.map(median);
    let what = |way: &str| format!("a file of {mib} MiB {way}");
    let figure = |own: f64, bare: f64| {
        format!(
            "{own:.0} MiB/s, bare copy {bare:.0} MiB/s, ratio {:.2}",
            own / bare
        )
    };
    table.add(what("up"), figure(up, bare_up));
    table.add(what("down"), figure(down, bare_down));
    table.add(
        "the server's memory rose meanwhile by at most",
        format!("{rise} KiB"),
    );
    let left = cut_off(program).await?;
    table.add(
        format!("files left of {CUT_OFF} uploads that were cut off"),
        left.to_string(),
    );
    Ok(table)
}

/// MiB a second up and down.
async fn bare(mib: u64) -> Result<(f64, f64), Failure> {
    let bare = Helper::echo().await?;
    let up = rate(mib, stream::send(bare.at, "/file", "", [b"", b""], mib)).await?;
    let down = rate(mib, stream::receive(bare.at, "/file", "", mib)).await?;
    let kept = echo::kept(bare.pid);
    bare.stop().await?;
    fs::remove_file(kept).map_err(Failure::io(DOING))?;
    Ok((up, down))
}

/// MiB a second up and down, and by how many KiB memory rose meanwhile.
async fn own(program: &Path, mib: u64) -> Result<(f64, f64, u64), Failure> {
    let server = Switchboard::start(program).await?;
    let files = files_of_a_task(&server).await?;
    let before = resident(server.pid)?;
    let headers = format!("{FORM}{}", server.bearer);
    let sent = stream::send(server.at, &files, &headers, [HEAD, TAIL], mib);
    let (up, peak_up) = watched(server.pid, async {
        let began = Instant::now();
        let answer = sent.await?;
        Ok((speed(mib, began), answer.text("artifact_id")?.to_owned()))
    })
    .await?;
    let (up, id) = up;
    let file = format!("{files}/{id}");
    let got = rate(mib, stream::receive(server.at, &file, &server.bearer, mib));
    let (down, peak_down) = watched(server.pid, got).await?;
    server.stop().await?;
    Ok((up, down, peak_up.max(peak_down).saturating_sub(before)))
}

async fn rate<T>(
    mib: u64,
    moved: impl Future<Output = Result<T, Failure>>,
) -> Result<f64, Failure> {
    let began = Instant::now();
    moved.await?;
    Ok(speed(mib, began))
}

#[expect(clippy::cast_precision_loss, reason = "no file has 2^53 MiB")]
fn speed(mib: u64, began: Instant) -> f64 {
    mib as f64 / began.elapsed().as_secs_f64()
}

/// What comes of it, and the most memory of the process meanwhile.
async fn watched<T>(
    pid: u32,
    moved: impl Future<Output = Result<T, Failure>>,
) -> Result<(T, u64), Failure> {
    let (mut moved, mut sample, mut peak) = (pin!(moved), interval(SAMPLE_EVERY), 0);
    loop {
        tokio::select! {
            done = &mut moved => return Ok((done?, peak)),
            _ = sample.tick() => peak = resident(pid)?.max(peak),
        }
    }
}

/// Uploads that end in the middle; how many files there are then that were not there before.
async fn cut_off(program: &Path) -> Result<usize, Failure> {
    let server = Switchboard::start(program).await?;
    let files = files_of_a_task(&server).await?;
    let before = server.files()?;
    let headers = format!("{FORM}{}", server.bearer);
    for _ in 0..CUT_OFF {
        break_off(server.at, &files, &headers).await?;
    }
    let (end, mut left) = (Instant::now() + PATIENCE, usize::MAX);
    while left > 0 && Instant::now() < end {
        sleep(SAMPLE_EVERY).await;
        left = server.files()?.saturating_sub(before);
    }
    server.stop().await?;
    Ok(left)
}

/// Sends half of a file and goes away.
async fn break_off(at: SocketAddr, path: &str, headers: &str) -> Result<(), Failure> {
    let mut socket = TcpStream::connect(at).await.map_err(Failure::io(DOING))?;
    stream::begin(&mut socket, path, headers, 2 * MIB).await?;
    stream::write(&mut socket, HEAD).await?;
    stream::write(&mut socket, &stream::piece(0)).await
}

async fn files_of_a_task(server: &Switchboard) -> Result<String, Failure> {
    let mut http = Http::connect(server.at).await?;
    let headers = format!("content-type: application/json\r\n{}", server.bearer);
    let task = http
        .ask("POST", TASKS, &headers, r#"{"input":"files"}"#)
        .await?;
    Ok(format!("{TASKS}/{}/artifacts", task.text("task_id")?))
}
