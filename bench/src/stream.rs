//! Long bodies over HTTP, made and looked at piece by piece.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    failure::Failure,
    http::{Answer, Http},
};

/// Bytes in a piece.
pub const MIB: usize = 1 << 20;
const DOING: &str = "moving a file";

/// A piece of a file: each differs from the others, and none is easy to compress.
pub fn piece(no: u64) -> Vec<u8> {
    let mut state = no.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(MIB);
    while bytes.len() < MIB {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// Sends a file of so many pieces, between a head and a tail, and reads the answer.
pub async fn send(
    at: SocketAddr,
    path: &str,
    headers: &str,
    [head, tail]: [&[u8]; 2],
    pieces: u64,
) -> Result<Answer, Failure> {
    let mut socket = TcpStream::connect(at).await.map_err(Failure::io(DOING))?;
    let length = head.len() + tail.len() + MIB * usize::try_from(pieces).unwrap_or_default();
    begin(&mut socket, path, headers, length).await?;
    write(&mut socket, head).await?;
    for no in 0..pieces {
        write(&mut socket, &piece(no)).await?;
    }
    write(&mut socket, tail).await?;
    Http::on(socket).expect_200(path).await
}

/// Begins a request with a body of this length.
pub async fn begin(
    socket: &mut TcpStream,
    path: &str,
    headers: &str,
    length: usize,
) -> Result<(), Failure> {
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {length}\r\n{headers}\r\n");
    write(socket, head.as_bytes()).await
}

/// Writes all of it.
pub async fn write(socket: &mut TcpStream, bytes: &[u8]) -> Result<(), Failure> {
    socket.write_all(bytes).await.map_err(Failure::io(DOING))
}

/// Gets a file of so many pieces, and looks whether it is whole.
pub async fn receive(
    at: SocketAddr,
    path: &str,
    headers: &str,
    pieces: u64,
) -> Result<(), Failure> {
    let mut socket = TcpStream::connect(at).await.map_err(Failure::io(DOING))?;
    let head = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n");
    write(&mut socket, head.as_bytes()).await?;
    let mut bytes = Vec::with_capacity(2 * MIB);
    let end_of_head = loop {
        read(&mut socket, &mut bytes).await?;
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    if !bytes.starts_with(b"HTTP/1.1 200") {
        let head = String::from_utf8_lossy(&bytes[..end_of_head]).into_owned();
        return Err(Failure::unexpected(DOING, head));
    }
    bytes.drain(..end_of_head);
    for no in 0..pieces {
        while bytes.len() < MIB {
            read(&mut socket, &mut bytes).await?;
        }
        if bytes[..MIB] != piece(no) {
            return Err(Failure::unexpected(
                DOING,
                format!("piece {no} is another one"),
            ));
        }
        bytes.drain(..MIB);
    }
    Ok(())
}

async fn read(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<(), Failure> {
    let count = socket.read_buf(bytes).await.map_err(Failure::io(DOING))?;
    if count == 0 {
        return Err(Failure::unexpected(DOING, "the end of the connection"));
    }
    Ok(())
}
