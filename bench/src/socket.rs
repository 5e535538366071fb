//! A lean WebSocket client. It shares the machine with the server that it measures, so it allocates
//! nothing for a frame, does not parse, and asks the machine once for each write and read.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::failure::Failure;

const DOING: &str = "talking over a WebSocket";
/// How much is asked of the machine at once.
const READ: usize = 4096;

/// A connection.
pub struct Socket {
    stream: TcpStream,
    /// What came and was not yet looked at, from `start` on.
    came: Vec<u8>,
    start: usize,
    out: Vec<u8>,
}

/// What stands at the beginning of a frame.
struct Head {
    kind: u8,
    begin: usize,
    end: usize,
}

impl Socket {
    /// Opens a WebSocket; `headers` end with a line break each.
    pub async fn open(at: SocketAddr, path: &str, headers: &str) -> Result<Self, Failure> {
        Self::open_with_buffer(at, path, headers, None).await
    }

    /// Opens a WebSocket for which the machine keeps no more than so many bytes unread.
    pub async fn open_with_buffer(
        at: SocketAddr,
        path: &str,
        headers: &str,
        buffer: Option<u32>,
    ) -> Result<Self, Failure> {
        let socket = TcpSocket::new_v4().map_err(Failure::io(DOING))?;
        if let Some(buffer) = buffer {
            let set = socket.set_recv_buffer_size(buffer);
            set.map_err(Failure::io(DOING))?;
        }
        let stream = socket.connect(at).await.map_err(Failure::io(DOING))?;
        stream.set_nodelay(true).map_err(Failure::io(DOING))?;
        let mut socket = Self {
            stream,
            came: Vec::with_capacity(READ),
            start: 0,
            out: Vec::with_capacity(256),
        };
        socket.upgrade(path, headers).await?;
        Ok(socket)
    }

    async fn upgrade(&mut self, path: &str, headers: &str) -> Result<(), Failure> {
        // Any 16 bytes will do for the key, and the answer to it is not checked.
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\
             {headers}\r\n"
        );
        let sent = self.stream.write_all(request.as_bytes()).await;
        sent.map_err(Failure::io(DOING))?;
        loop {
            let end = self.came.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                self.start = end + 4;
                break;
            }
            self.read().await?;
        }
        if self.came.starts_with(b"HTTP/1.1 101") {
            return Ok(());
        }
        let answer = String::from_utf8_lossy(&self.came).into_owned();
        Err(Failure::unexpected(DOING, answer))
    }

    /// Sends a text.
    pub async fn send(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.frame(1, text).await
    }

    /// The next text. Valid until the next call.
    pub async fn next(&mut self) -> Result<&[u8], Failure> {
        loop {
            let Some(head) = self.head() else {
                self.read().await?;
                continue;
            };
            self.start = head.end;
            match head.kind {
                1 => return Ok(&self.came[head.begin..head.end]),
                8 => return Err(closed(&self.came[head.begin..head.end])),
                9 => {
                    let payload = self.came[head.begin..head.end].to_vec();
                    self.frame(10, &payload).await?;
                }
                10 => {}
                kind => return Err(Failure::unexpected(DOING, format!("a frame {kind}"))),
            }
        }
    }

    /// Reads until a text that begins like this comes.
    pub async fn wait_for(&mut self, beginning: &[u8]) -> Result<&[u8], Failure> {
        // The borrow checker does not let a borrow that is returned begin in a loop: so the place
        // of the text is what the loop is left with.
        let (begin, end) = loop {
            let text = self.next().await?;
            if text.starts_with(beginning) {
                let length = text.len();
                break (self.start - length, self.start);
            }
        };
        Ok(&self.came[begin..end])
    }

    /// The frame at `start`, if all of it is there.
    fn head(&self) -> Option<Head> {
        let bytes = &self.came[self.start..];
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        let (skip, length) = match second & 0x7f {
            126 => (4, bytes.get(2..4)?.iter().copied().fold(0, shift)),
            127 => (10, bytes.get(2..10)?.iter().copied().fold(0, shift)),
            length => (2, usize::from(length)),
        };
        let begin = self.start + skip;
        let end = begin + length;
        (end <= self.came.len()).then_some(Head {
            kind: first & 0x0f,
            begin,
            end,
        })
    }

    async fn read(&mut self) -> Result<(), Failure> {
        if self.start == self.came.len() {
            self.came.clear();
            self.start = 0;
        } else if self.start > READ {
            self.came.drain(..self.start);
            self.start = 0;
        }
        self.came.reserve(READ);
        let count = self.stream.read_buf(&mut self.came).await;
        if count.map_err(Failure::io(DOING))? == 0 {
            return Err(Failure::Closed {
                code: 0,
                reason: "without a word".into(),
            });
        }
        Ok(())
    }

    async fn frame(&mut self, kind: u8, payload: &[u8]) -> Result<(), Failure> {
        self.out.clear();
        self.out.push(0x80 | kind);
        if let Ok(length @ ..=125) = u8::try_from(payload.len()) {
            self.out.push(0x80 | length);
        } else if let Ok(length) = u16::try_from(payload.len()) {
            self.out.push(0x80 + 126);
            self.out.extend(length.to_be_bytes());
        } else {
            return Err(Failure::unexpected(DOING, "too long a text to send"));
        }
        // A mask of zeros: the server unmasks all the same, and the generator has nothing to do.
        self.out.extend([0; 4]);
        self.out.extend(payload);
        let sent = self.stream.write_all(&self.out).await;
        sent.map_err(Failure::io(DOING))
    }
}

fn shift(number: usize, byte: u8) -> usize {
    number << 8 | usize::from(byte)
}

fn closed(payload: &[u8]) -> Failure {
    let code = payload.get(..2).map_or(0, |two| {
        two.iter()
            .fold(0, |number, byte| number << 8 | u16::from(*byte))
    });
    let reason = payload.get(2..).unwrap_or_default();
    Failure::Closed {
        code,
        reason: String::from_utf8_lossy(reason).into_owned(),
    }
}
