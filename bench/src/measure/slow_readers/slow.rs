//! A connection that reads nothing for a while, and what becomes of it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout, timeout_at},
};

use super::{PING, PING_EVERY};
use crate::{
    child::Switchboard,
    failure::Failure,
    sessions::{self, Client},
    socket::Socket,
    table::Table,
};

/// How much the machine keeps for a slow one: little, so that it is the server that notices.
const KEPT: u32 = 4096;
/// How long nothing may come before something was lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that reads nothing for a while.
pub struct Slow {
    client: Client,
    session: String,
    socket: Socket,
    /// The number of the last frame that it got, once it got any.
    seq: Option<u64>,
    /// How many frames were missing between two that it got.
    lost: u64,
}

impl Slow {
    /// Connects.
    pub async fn connect(server: &Switchboard, session: &str) -> Result<Self, Failure> {
        let client = Client::of(server);
        let path = sessions::path(session);
        let socket = Socket::open_with_buffer(client.at, &path, &client.bearer, Some(KEPT)).await?;
        Ok(Self {
            client,
            session: session.to_owned(),
            socket,
            seq: None,
            lost: 0,
        })
    }

    /// Reads as others do.
    pub async fn read_until(mut self, stop: Instant) -> Result<Self, Failure> {
        let mut ping = Instant::now() + PING_EVERY;
        while let Ok(read) = timeout_at(stop, self.read()).await {
            read?;
            if Instant::now() > ping {
                self.socket.send(PING).await?;
                ping = Instant::now() + PING_EVERY;
            }
        }
        Ok(self)
    }

    /// Says that it lives, and reads nothing.
    pub async fn read_nothing_until(mut self, stop: Instant) -> Result<Self, Failure> {
        while Instant::now() < stop {
            // Whether it is still connected shows when it reads.
            self.socket.send(PING).await.ok();
            sleep_until(stop.min(Instant::now() + PING_EVERY)).await;
        }
        Ok(self)
    }

    async fn read(&mut self) -> Result<(), Failure> {
        let Some(seq) = sessions::seq(self.socket.next().await?) else {
            return Ok(());
        };
        if let Some(before) = self.seq {
            self.lost += seq.abs_diff(before + 1);
        }
        self.seq = Some(seq);
        Ok(())
    }

    async fn read_to(&mut self, end: u64) -> Result<(), Failure> {
        while self.seq.is_none_or(|seq| seq < end) {
            let Ok(read) = timeout(PATIENCE, self.read()).await else {
                return Err(Failure::unexpected("reading on", "nothing more"));
            };
            read?;
        }
        Ok(())
    }

    /// Reads on to the end, by a new connection if the old one was closed. Tells how the old one
    /// ended, and how many frames were lost.
    async fn resume(mut self, end: u64) -> Result<(String, u64), Failure> {
        let how = match self.read_to(end).await {
            Ok(()) => "not closed".to_owned(),
            Err(Failure::Closed { code, reason }) => format!("closed: {code} {reason}"),
            Err(failure) => failure.to_string(),
        };
        let path = sessions::path(&self.session);
        let path = format!("{path}?after={}", self.seq.unwrap_or_default());
        self.socket = Socket::open(self.client.at, &path, &self.client.bearer).await?;
        self.read_to(end).await?;
        Ok((how, self.lost))
    }
}

/// Starts this for all of them.
pub fn at_once<F>(slow: Vec<Slow>, what: impl Fn(Slow) -> F) -> JoinSet<Result<Slow, Failure>>
where
    F: Future<Output = Result<Slow, Failure>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for slow in slow {
        tasks.spawn(what(slow));
    }
    tasks
}

/// All of them, once they are ready.
pub async fn all(tasks: JoinSet<Result<Slow, Failure>>) -> Result<Vec<Slow>, Failure> {
    tasks.join_all().await.into_iter().collect()
}

/// Lets all read on to the ends of their sessions, and says how it went.
pub async fn resume(
    slow: Vec<Slow>,
    ends: &HashMap<String, u64>,
    table: &mut Table,
) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for slow in slow {
        let end = ends.get(&slow.session).copied().unwrap_or_default();
        tasks.spawn(slow.resume(end));
    }
    let (mut ways, mut lost) = (BTreeMap::<String, u32>::new(), 0);
    for resumed in tasks.join_all().await {
        let (how, missing) = resumed?;
        *ways.entry(how).or_default() += 1;
        lost += missing;
    }
    let ways: Vec<String> = ways.iter().map(|(how, n)| format!("{n} {how}")).collect();
    table.add("what became of the slow ones", ways.join(", "));
    table.add("frames lost after they resumed", lost.to_string());
    Ok(())
}
