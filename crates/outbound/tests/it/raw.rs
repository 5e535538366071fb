//! A server that writes bytes, whether they are HTTP or not.

use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// What comes after the bytes of an answer.
#[derive(Clone, Copy, PartialEq)]
pub enum Then {
    /// The next request.
    Next,
    /// The end of the connection.
    Close,
    /// Nothing, and the connection stays.
    Silence,
    /// The last bytes again and again.
    Again,
}

/// One answer.
#[derive(Clone)]
pub struct Answer {
    pub bytes: Vec<u8>,
    pub then: Then,
}

impl Answer {
    /// These bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self {
            bytes: bytes.into(),
            then,
        }
    }

    /// A whole answer with this status line and body.
    pub fn with(status: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Self::raw([head.as_bytes(), body].concat(), Then::Next)
    }

    /// A whole answer that went well.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::with("200 OK", body)
    }

    /// A whole answer with this `result`.
    pub fn result(result: &Value) -> Self {
        Self::ok(serde_json::json!({ "result": result }).to_string())
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }
}

/// The running server.
pub struct Raw {
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    /// Told when the other side has gone.
    pub gone: Arc<Notify>,
}

type Respond = dyn Fn(&Request) -> Answer + Send + Sync;

impl Raw {
    /// Always answers with this, on a free port.
    pub async fn start(answer: Answer) -> Self {
        Self::by(move |_| answer.clone()).await
    }

    /// Answers each request as this says.
    pub async fn by(respond: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!(
            "http://{}/agent",
            listener.local_addr().expect("an address")
        );
        let server = Self {
            url,
            seen: Arc::default(),
            connections: Arc::default(),
            gone: Arc::default(),
        };
        let respond: Arc<Respond> = Arc::new(respond);
        let (seen, connections, gone) = (
            Arc::clone(&server.seen),
            Arc::clone(&server.connections),
            Arc::clone(&server.gone),
        );
        let tasks = TaskTracker::new();
        // It ends with the test's runtime.
        tasks.clone().spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (seen, respond, gone) =
                    (Arc::clone(&seen), Arc::clone(&respond), Arc::clone(&gone));
                tasks.spawn(async move {
                    serve(socket, &seen, &*respond).await;
                    gone.notify_one();
                });
            }
        });
        server
    }

    /// The requests that came.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().expect("no test panicked here").clone()
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, seen: &Mutex<Vec<Request>>, respond: &Respond) {
    while let Some(request) = read(&mut socket).await {
        let answer = respond(&request);
        seen.lock().expect("no test panicked here").push(request);
        if socket.write_all(&answer.bytes).await.is_err() {
            return;
        }
        match answer.then {
            Then::Next => {}
            Then::Close => return,
            Then::Silence => {
                // Ends when the other side closes.
                socket.read_exact(&mut [0]).await.ok();
                return;
            }
            Then::Again => {
                let end = answer.bytes[answer.bytes.len() - 5..].repeat(10_000);
                while socket.write_all(&end).await.is_ok() {}
                return;
            }
        }
    }
}

/// The next request of a connection.
async fn read(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.split("\r\n").map(str::to_owned);
    let line = lines.next()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let mut request = Request {
        line,
        headers,
        body: bytes.split_off(head + 4),
    };
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap_or(0));
    while request.body.len() < length {
        if socket.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}
