//! A wire to `PostgreSQL` that can be cut.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// When the wire is cut next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Cut {
    /// Not at all.
    Never = 0,
    /// At the next commit, before the server hears of it. Then never.
    BeforeCommit = 1,
    /// At the next commit, when the server has answered and the client has not heard it. Then never.
    AfterCommit = 2,
    /// At once, and for good.
    Always = 3,
    /// As [`Cut::AfterCommit`], then [`Cut::Always`].
    AfterCommitForGood = 4,
    /// Not at all, but nothing comes through any more.
    Silent = 5,
}

const ALL: [Cut; 6] = [
    Cut::Never,
    Cut::BeforeCommit,
    Cut::AfterCommit,
    Cut::Always,
    Cut::AfterCommitForGood,
    Cut::Silent,
];

/// The wire.
pub(super) struct Proxy {
    /// Where it listens.
    pub(super) port: u16,
    state: Arc<AtomicU8>,
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Proxy {
    /// A wire to the server at this address.
    pub(super) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self {
            port,
            state: Arc::default(),
            cut: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (state, cut, tasks) = (proxy.state.clone(), proxy.cut.clone(), proxy.tasks.clone());
        proxy.tasks.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = cut.cancelled() => break,
                };
                let (client, _) = accepted.unwrap();
                tasks.spawn(wire(client, server.clone(), state.clone(), cut.clone()));
            }
        });
        proxy
    }

    /// Says when it is cut.
    pub(super) fn cut(&self, cut: Cut) {
        self.state.store(cut as u8, Ordering::SeqCst);
    }

    /// Ends it.
    pub(super) async fn end(self) {
        self.cut.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn cut(state: &AtomicU8) -> Cut {
    ALL[usize::from(state.load(Ordering::SeqCst))]
}

async fn wire(client: TcpStream, server: String, state: Arc<AtomicU8>, end: CancellationToken) {
    if cut(&state) == Cut::Always {
        return;
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = TcpStream::connect(server).await.unwrap().into_split();
    tokio::select! {
        () = ask(from_client, to_server, &state) => {}
        () = answer(from_server, to_client, &state) => {}
        () = end.cancelled() => {}
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &AtomicU8) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let is_commit = buffer[..count].windows(7).any(|bytes| bytes == b"COMMIT\0");
        match cut(state) {
            Cut::Always => return,
            Cut::Silent => continue,
            Cut::BeforeCommit if is_commit => {
                return state.store(Cut::Never as u8, Ordering::SeqCst);
            }
            _ => {}
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &AtomicU8) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let is_commit = buffer[..count].windows(7).any(|bytes| bytes == b"COMMIT\0");
        match cut(state) {
            Cut::Always => return,
            Cut::Silent => continue,
            Cut::AfterCommit if is_commit => {
                return state.store(Cut::Never as u8, Ordering::SeqCst);
            }
            Cut::AfterCommitForGood if is_commit => {
                return state.store(Cut::Always as u8, Ordering::SeqCst);
            }
            _ => {}
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
