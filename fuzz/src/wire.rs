//! Bytes over a WebSocket, by a client that need not speak the protocol.

use super::{
    connect::{self, Entry},
    frames, server,
};
use futures::future::join;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, split};

/// The kinds of messages that the server sends (RFC 6455 §5.2).
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// The input is what the client sends once the WebSocket is open; then it falls silent for good.
pub fn wire(data: &[u8]) {
    server::with(|server| {
        let session = connect::session(server);
        let entry = Entry::bearer(&server.token).unwrap();
        let came = connect::over(server, &session, &entry, |client| exchange(client, data));
        check(&came, data);
        connect::end(server, &session);
    });
}

async fn exchange(client: DuplexStream, data: &[u8]) -> Vec<u8> {
    let (mut reader, mut writer) = split(client);
    let sending = async {
        // The server may have gone before it has read all.
        writer.write_all(data).await.ok();
        writer.shutdown().await.ok();
    };
    let reading = async {
        let mut came = Vec::new();
        reader.read_to_end(&mut came).await.ok();
        came
    };
    join(sending, reading).await.1
}

/// The server keeps to the protocol, whatever came.
fn check(mut came: &[u8], sent: &[u8]) {
    while let Some((kind, payload, rest)) = next(came) {
        came = rest;
        match kind {
            TEXT => drop(frames::check(
                str::from_utf8(payload).expect("texts are UTF-8"),
            )),
            CLOSE if payload.is_empty() => {}
            CLOSE => {
                let reason = str::from_utf8(&payload[2..]).expect("reasons are UTF-8");
                let own = sent.windows(8).any(|window| window == b"internal");
                assert!(!reason.contains("internal") || own, "{reason}");
            }
            PING | PONG => {}
            other => panic!("a message of the kind {other}"),
        }
    }
    assert!(came.is_empty(), "it ends with a whole message");
}

/// The next message: its kind, what it says, and what comes behind it. Those of a server are whole, and not masked.
fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [first, second, rest @ ..] = bytes else {
        return None;
    };
    assert_eq!(first & 0xf0, 0x80, "whole, with nothing reserved");
    let long = match second {
        126 => 2,
        127 => 8,
        ..=125 => 0,
        _ => panic!("it is masked"),
    };
    let (length, rest) = rest.split_at_checked(long)?;
    let length = if long == 0 {
        usize::from(*second)
    } else {
        length
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte))
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((first & 0x0f, payload, rest))
}
