//! What those who read nothing do to the others, to the server's memory, and to themselves.

mod slow;

use std::{collections::HashMap, path::Path, pin::pin, sync::LazyLock, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, interval},
};

use self::slow::Slow;
use crate::{
    child::Switchboard,
    failure::Failure,
    load::{Span, TEXT, round_trips},
    process::resident,
    sessions::{self, Client},
    socket::Socket,
    table::Table,
};

/// Sessions in which somebody talks all the time.
const BUSY: usize = 50;
/// One of so many connections stops to read.
const ONE_IN: usize = 10;
/// Signs of life, also of those who read nothing: they are slow, not dead.
const PING: &[u8] = br#"{"type":"ping"}"#;
const PING_EVERY: Duration = Duration::from_secs(20);
const WARM_UP: Duration = Duration::from_secs(2);
/// For how long all read.
const BEFORE: Duration = Duration::from_secs(10);
const SAMPLE_EVERY: Duration = Duration::from_millis(200);

/// Long enough that what is unread soon fills the buffers of the machine, 4 MB for a connection.
static LONG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let content = "what fills a buffer ".repeat(2000);
    format!(r#"{{"type":"text","content":"{content}"}}"#).into_bytes()
});

/// Measures and prints.
pub async fn run(program: &Path, count: usize, stall: Duration) -> Result<Table, Failure> {
    let mut table = Table::default();
    let server = Switchboard::start(program).await?;
    let ids = sessions::create_many(&server, BUSY).await?;
    let busy = sessions::connect_each(&server, &ids).await?;
    let (mut readers, mut slow) = (JoinSet::new(), Vec::new());
    for number in 0..count {
        let id = &ids[number % BUSY];
        // Counted by rounds through the sessions, so that each session has some.
        if (number / BUSY).is_multiple_of(ONE_IN) {
            slow.push(Slow::connect(&server, id).await?);
        } else {
            let path = sessions::path(id);
            let socket = Socket::open(server.at, &path, &server.bearer).await?;
            readers.spawn(read_on(socket));
        }
    }
    let stalling = slow.len();
    let stop = Instant::now() + WARM_UP + BEFORE + Duration::from_secs(1);
    let reading = slow::at_once(slow, move |slow| slow.read_until(stop));
    let what = format!("{BUSY} busy sessions, all of {count} connections read");
    let busy = talk(&server, busy, BEFORE, what, &mut table).await?;
    let slow = slow::all(reading).await?;
    let stop = Instant::now() + WARM_UP + stall;
    let waiting = slow::at_once(slow, move |slow| slow.read_nothing_until(stop));
    let what = format!("{BUSY} busy sessions, {stalling} of {count} connections read nothing");
    let busy = talk(&server, busy, stall, what, &mut table).await?;
    let slow = slow::all(waiting).await?;
    drop(busy);
    let ends = ends(&server, &ids).await?;
    slow::resume(slow, &ends, &mut table).await?;
    while let Some(Ok(left)) = readers.try_join_next() {
        left?;
    }
    drop(readers);
    server.stop().await?;
    Ok(table)
}

/// The busy ones' rate, and the most memory of the server meanwhile.
async fn talk(
    server: &Switchboard,
    busy: Vec<Socket>,
    measured: Duration,
    what: String,
    table: &mut Table,
) -> Result<Vec<Socket>, Failure> {
    let span = Span {
        warm_up: WARM_UP,
        measured,
    };
    let talking = round_trips(busy, &LONG, sessions::RESPONSE, span, server.pid);
    let mut talking = pin!(talking);
    let (mut peak, mut sample) = (0, interval(SAMPLE_EVERY));
    loop {
        tokio::select! {
            done = &mut talking => {
                let (rate, busy) = done?;
                table.add(what, format!("{rate}, at most {peak} KiB RSS"));
                return Ok(busy);
            }
            _ = sample.tick() => peak = resident(server.pid)?.max(peak),
        }
    }
}

/// Reads for ever.
async fn read_on(mut socket: Socket) -> Result<(), Failure> {
    let mut ping = Instant::now() + PING_EVERY;
    loop {
        socket.next().await?;
        if Instant::now() > ping {
            socket.send(PING).await?;
            ping = Instant::now() + PING_EVERY;
        }
    }
}

/// The last number in each of the sessions, which whoever missed nothing gets to.
async fn ends(server: &Switchboard, ids: &[String]) -> Result<HashMap<String, u64>, Failure> {
    let mut ends = HashMap::new();
    for id in ids {
        let mut socket = Client::of(server).connect(id).await?;
        socket.send(TEXT).await?;
        let answer = socket.wait_for(sessions::RESPONSE).await?;
        ends.insert(id.clone(), sessions::seq(answer).unwrap_or_default());
    }
    Ok(ends)
}
