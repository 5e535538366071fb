//! Taking connections and serving HTTP on them, each within its limits.
//!
//! HTTP/1 only, which is all that browsers and proxies speak to a server without TLS, and where a
//! connection that is idle can be told from one that is not.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::metrics::{self, OpenConnection};

/// How long to wait when no connection can be taken: until somebody closes a file, perhaps.
const BREATHER: Duration = Duration::from_secs(1);

/// What a listener bears.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many connections may be open at once. Those that became WebSockets do not count: the
    /// doors count them.
    pub connections: usize,
    /// How long a client may take to send the header of a request, from the moment at which the
    /// connection is open or the last answer was sent.
    pub header: Duration,
}

impl Limits {
    /// So many connections, with the usual limits on each.
    pub fn of(connections: usize) -> Self {
        Self {
            connections,
            header: Duration::from_secs(30),
        }
    }
}

/// Serves until it is told to stop, then lets what is under way end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    let places = limits.connections.min(Semaphore::MAX_PERMITS);
    let (places, tasks) = (Arc::new(Semaphore::new(places)), TaskTracker::new());
    let router: Router = router.with_state(());
    loop {
        let (stream, peer, place) = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            taken = take(&listener, &places) => taken,
        };
        let (router, stopping) = (router.clone(), stopping.clone());
        tasks.spawn(async move {
            let open = OpenConnection::new();
            connection(stream, peer, router, limits, stopping).await;
            drop((open, place));
        });
    }
    drop(listener);
    tasks.close();
    tasks.wait().await;
}

/// The next connection, once there is a place for it.
async fn take(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    if places.available_permits() == 0 {
        metrics::connections_wait();
    }
    let Ok(place) = Arc::clone(places).acquire_owned().await else {
        // Nobody closes the semaphore.
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(BREATHER).await;
            }
        }
    }
}

/// Whether only this client is at fault, so that the next may be taken at once.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    [ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small packets of a connection may be late");
    }
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = &mut serving => served,
        () = stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::timeout,
    };

    const PATIENCE: Duration = Duration::from_secs(20);
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    struct Serving {
        at: SocketAddr,
        stopping: CancellationToken,
        tasks: TaskTracker,
    }

    /// A listener whose only page tells the client's address.
    async fn serving(connections: usize, header: Duration) -> Serving {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let page = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
        let router = Router::new().route("/", get(page));
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let limits = Limits {
            connections,
            header,
        };
        tasks.spawn(serve(listener, router, limits, stopping.clone()));
        tasks.close();
        Serving {
            at,
            stopping,
            tasks,
        }
    }

    impl Serving {
        async fn connect(&self, bytes: &[u8]) -> TcpStream {
            let mut stream = TcpStream::connect(self.at).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            stream
        }
    }

    /// All that comes until the server closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = String::new();
        let read = timeout(PATIENCE, stream.read_to_string(&mut text)).await;
        // A connection may also be closed by breaking it.
        read.expect("the server closes").ok();
        text
    }

    async fn one_answer(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        while !text.contains("127.0.0.1:") {
            let mut bytes = [0; 1024];
            let count = timeout(PATIENCE, stream.read(&mut bytes)).await;
            let count = count.expect("an answer comes").unwrap();
            assert!(count > 0, "closed after {text:?}");
            text.push_str(str::from_utf8(&bytes[..count]).unwrap());
        }
        text
    }

    #[tokio::test]
    async fn who_sends_no_whole_header_is_sent_away() {
        let serving = serving(10, Duration::from_millis(50)).await;
        for beginning in [
            "",
            "G",
            "PRI * HTTP/2.0\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\n",
        ] {
            let stream = serving.connect(beginning.as_bytes()).await;
            let answer = rest(stream).await;
            assert!(!answer.contains("200 OK"), "{beginning:?}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_connection_without_further_requests_is_closed() {
        let serving = serving(10, Duration::from_millis(50)).await;
        let stream = serving.connect(REQUEST).await;
        let peer = stream.local_addr().unwrap().to_string();
        let answer = rest(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with(&peer), "{answer}");
    }

    #[tokio::test]
    async fn who_comes_when_all_places_are_taken_waits_for_one() {
        let serving = serving(1, PATIENCE * 2).await;
        let mut first = serving.connect(REQUEST).await;
        one_answer(&mut first).await;
        let mut second = serving.connect(REQUEST).await;
        let mut byte = [0];
        let moment = Duration::from_millis(100);
        assert!(timeout(moment, second.read(&mut byte)).await.is_err());
        drop(first);
        one_answer(&mut second).await;
    }

    #[tokio::test]
    async fn when_it_stops_idle_connections_are_closed() {
        let serving = serving(10, PATIENCE * 2).await;
        let mut stream = serving.connect(REQUEST).await;
        one_answer(&mut stream).await;
        serving.stopping.cancel();
        assert_eq!(rest(stream).await, "");
        timeout(PATIENCE, serving.tasks.wait()).await.unwrap();
        assert!(TcpStream::connect(serving.at).await.is_err());
    }
}
