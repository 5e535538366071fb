//! One message to many connections of a session, beside a room of the echo.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::Instant,
};

use crate::{
    child::{Helper, Switchboard},
    failure::Failure,
    latency::Latencies,
    load::TEXT,
    sessions,
    socket::Socket,
    table::Table,
};

/// How the frame with what somebody said begins, in the room, too.
const SAID: &[u8] = br#"{"type":"text""#;
/// Shorter than the minute after which a silent connection is closed.
const LONGEST: Duration = Duration::from_secs(40);

/// Measures and prints.
pub async fn run(program: &Path, counts: &[usize], span: Duration) -> Result<Table, Failure> {
    let mut table = Table::default();
    let span = span.min(LONGEST);
    for count in counts {
        let echo = Helper::echo().await?;
        let mut sockets = Vec::new();
        for _ in 0..=*count {
            sockets.push(Socket::open(echo.at, "/room", "").await?);
        }
        let figure = measure(sockets, &[SAID], span).await?;
        table.add(format!("fan-out to {count}, room of the echo"), figure);
        echo.stop().await?;
        let server = Switchboard::start(program).await?;
        let id = sessions::create_many(&server, 1).await?;
        let ids = vec![id[0].clone(); count + 1];
        let sockets = sessions::connect_each(&server, &ids).await?;
        let figure = measure(sockets, &[SAID, sessions::RESPONSE], span).await?;
        table.add(format!("fan-out to {count}, switchboard"), figure);
        server.stop().await?;
    }
    Ok(table)
}

/// Counts who still has to get a frame.
struct Gate {
    left: AtomicUsize,
    all: usize,
    last: UnboundedSender<Instant>,
}

impl Gate {
    /// Somebody got it; the last one tells when.
    fn pass(&self) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.left.store(self.all, Ordering::Relaxed);
            // Nobody waits any more at the end of the measurement.
            self.last.send(Instant::now()).ok();
        }
    }
}

/// One says something, and waits until all others got these frames; again and again.
async fn measure(
    mut sockets: Vec<Socket>,
    frames: &'static [&'static [u8]],
    span: Duration,
) -> Result<String, Failure> {
    let Some(mut speaker) = sockets.pop() else {
        return Ok(String::new());
    };
    let listeners = sockets.len();
    let mut gates: Vec<(Arc<Gate>, UnboundedReceiver<Instant>)> = Vec::new();
    for _ in frames {
        let (last, passed) = unbounded_channel();
        let left = AtomicUsize::new(listeners);
        let all = listeners;
        gates.push((Arc::new(Gate { left, all, last }), passed));
    }
    let shared: Arc<[Arc<Gate>]> = gates.iter().map(|(gate, _)| Arc::clone(gate)).collect();
    let mut tasks = JoinSet::new();
    for socket in sockets {
        tasks.spawn(listen(socket, frames, Arc::clone(&shared)));
    }
    let mut times: Vec<Latencies> = frames.iter().map(|_| Latencies::default()).collect();
    let start = Instant::now();
    let mut said = 0_u32;
    while start.elapsed() < span {
        let sent = Instant::now();
        speaker.send(TEXT).await?;
        // The room tells the speaker, too; the server tells only the agent's answer.
        speaker.wait_for(frames[frames.len() - 1]).await?;
        for (times, (_, passed)) in times.iter_mut().zip(&mut gates) {
            tokio::select! {
                Some(last) = passed.recv() => times.extend([last - sent]),
                Some(Ok(Err(failure))) = tasks.join_next() => return Err(failure),
            }
        }
        said += 1;
    }
    let took = start.elapsed();
    let each = listeners.saturating_mul(frames.len());
    let delivered = f64::from(said) * f64::from(u32::try_from(each).unwrap_or(u32::MAX));
    let mut figures = vec![format!(
        "{:.0} deliveries/s",
        delivered / took.as_secs_f64()
    )];
    for (name, times) in ["the text", "the agent's answer"].iter().zip(times) {
        figures.push(format!("until the last got {name}: {}", times.summary()));
    }
    Ok(figures.join("; "))
}

async fn listen(
    mut socket: Socket,
    frames: &'static [&'static [u8]],
    gates: Arc<[Arc<Gate>]>,
) -> Result<(), Failure> {
    loop {
        for (frame, gate) in frames.iter().zip(gates.iter()) {
            socket.wait_for(frame).await?;
            gate.pass();
        }
    }
}
