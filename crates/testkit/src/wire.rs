//! The bytes under a WebSocket client that can misbehave.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpSocket, TcpStream, lookup_host},
};

/// A TCP connection on which the client may fall silent: what it writes then never leaves.
#[derive(Debug)]
pub struct Wire {
    tcp: TcpStream,
    silent: Arc<AtomicBool>,
}

impl Wire {
    /// Connects. A receive buffer of few bytes makes the server feel at once that nobody reads.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(host: &str, port: u16, receive_buffer: Option<u32>) -> io::Result<Self> {
        let silent = Arc::default();
        let Some(bytes) = receive_buffer else {
            return Ok(Self {
                tcp: TcpStream::connect((host, port)).await?,
                silent,
            });
        };
        let address = lookup_host((host, port))
            .await?
            .find(std::net::SocketAddr::is_ipv4);
        let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(bytes)?;
        Ok(Self {
            tcp: socket.connect(address).await?,
            silent,
        })
    }

    /// The switch that makes the client fall silent.
    pub fn silence(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.silent)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.silent.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
