//! As much of an HTTP client as the measurements need: one connection, kept open.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::failure::Failure;

const DOING: &str = "asking the server";

/// A connection to the server.
pub struct Http {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// An answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a member that is a text, wherever it stands in the body.
    pub fn text(&self, member: &str) -> Result<&str, Failure> {
        let key = format!("\"{member}\":\"");
        let value = self.body.split_once(&key).map(|(_, rest)| rest);
        let value = value.and_then(|rest| rest.split('"').next());
        value.ok_or_else(|| Failure::unexpected(DOING, self.to_string()))
    }
}

impl Answer {
    /// The first whole number that is the value of this member.
    pub fn number(&self, member: &str) -> Result<u64, Failure> {
        let key = format!("\"{member}\":");
        let rest = self.body.split_once(&key).map_or("", |(_, rest)| rest);
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
        let number = digits.and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| Failure::unexpected(DOING, self.to_string()))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{} {}", self.status, self.body)
    }
}

impl Http {
    /// Connects.
    pub async fn connect(at: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(at).await.map_err(Failure::io(DOING))?;
        stream.set_nodelay(true).map_err(Failure::io(DOING))?;
        Ok(Self {
            stream,
            bytes: Vec::with_capacity(4096),
        })
    }

    /// On a connection on which a request was sent already.
    pub const fn on(stream: TcpStream) -> Self {
        Self {
            stream,
            bytes: Vec::new(),
        }
    }

    /// Sends a request, whose further headers end with a line break each, and reads the answer.
    /// Anything but 200 is a failure.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Result<Answer, Failure> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
        self.stream
            .write_all(request.as_bytes())
            .await
            .map_err(Failure::io(DOING))?;
        self.expect_200(path).await
    }

    /// Reads an answer. Anything but 200 is a failure.
    pub async fn expect_200(&mut self, path: &str) -> Result<Answer, Failure> {
        let answer = self.answer().await?;
        if answer.status == 200 {
            Ok(answer)
        } else {
            Err(Failure::Refused {
                path: path.to_owned(),
                status: answer.status,
                body: answer.body,
            })
        }
    }

    async fn answer(&mut self) -> Result<Answer, Failure> {
        self.bytes.clear();
        loop {
            if let Some(answer) = whole(&self.bytes) {
                return answer;
            }
            let count = self.stream.read_buf(&mut self.bytes).await;
            if count.map_err(Failure::io(DOING))? == 0 {
                return Err(Failure::unexpected(DOING, "the end of the connection"));
            }
        }
    }
}

/// The answer in these bytes, once it is all there.
fn whole(bytes: &[u8]) -> Option<Result<Answer, Failure>> {
    let text = str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let Some(status) = status else {
        return Some(Err(Failure::unexpected(DOING, head)));
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    (body.len() >= length.unwrap_or(0)).then(|| {
        Ok(Answer {
            status,
            body: body.to_owned(),
        })
    })
}
