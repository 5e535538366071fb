//! Messages over a WebSocket, by a client that speaks the protocol well and says what it likes.

use super::{
    connect::{self, Entry},
    server::{self, FRAME_BYTES},
};
use futures::{Sink, SinkExt as _, Stream, StreamExt as _, future::join};
use serde_json::Value;
use tokio::io::DuplexStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, protocol::Role},
};

/// How many messages are sent at most.
const MESSAGES: usize = 64;
/// The client's own name for the last text, by whose acknowledgement it knows that all was read.
const LAST: &str = "the last, 7f3a";
/// The codes of what may be wrong with a message. A fault of the server's is not among them.
const WRONG: &[&str] = &[
    "INVALID_FRAME",
    "INVALID_JSON",
    "INVALID_TYPE",
    "MISSING_CONTENT",
];

/// The input is messages, a line each: binary ones begin with a zero byte, or are not UTF-8.
pub fn frames(data: &[u8]) {
    server::with(|server| {
        let session = connect::session(server);
        let entry = Entry::bearer(&server.token).unwrap();
        connect::over(server, &session, &entry, |client| talk(client, data));
        connect::end(server, &session);
    });
}

async fn talk(client: DuplexStream, data: &[u8]) {
    let socket = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
    let (mut sink, mut stream) = socket.split();
    let messages: Vec<Message> = data
        .split(|byte| *byte == b'\n')
        .take(MESSAGES)
        .map(message)
        .collect();
    let large = messages.iter().any(|message| message.len() > FRAME_BYTES);
    let (.., end) = join(send(&mut sink, messages), read(&mut stream)).await;
    match end {
        End::Acknowledged => assert!(!large, "too large a message was taken"),
        End::Closed(code) => assert_eq!((code, large), (1009, true)),
    }
    sink.close().await.ok();
    while let Some(Ok(_)) = stream.next().await {}
}

fn message(line: &[u8]) -> Message {
    match (line.split_first(), str::from_utf8(line)) {
        (Some((0, rest)), _) => Message::binary(rest.to_vec()),
        (_, Ok(text)) => Message::text(text),
        _ => Message::binary(line.to_vec()),
    }
}

async fn send(sink: &mut (impl Sink<Message> + Unpin), messages: Vec<Message>) {
    let last = serde_json::json!({"type": "text", "content": "x", "metadata": {"client_id": LAST}});
    let last = Message::text(last.to_string());
    for message in messages.into_iter().chain([last]) {
        if sink.send(message).await.is_err() {
            return;
        }
    }
}

/// How it ends.
enum End {
    Acknowledged,
    Closed(u16),
}

async fn read(stream: &mut (impl Stream<Item = Result<Message, Error>> + Unpin)) -> End {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => {
                if check(&text) == Some(LAST.into()) {
                    return End::Acknowledged;
                }
            }
            Some(Ok(Message::Close(Some(close)))) => return End::Closed(close.code.into()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// What must hold of every frame. Gives back which text it acknowledges, if it does.
pub fn check(text: &str) -> Option<Value> {
    let frame: Value = serde_json::from_str(text).expect("frames are JSON");
    let metadata = frame["metadata"].as_object().expect("metadata is there");
    assert!(frame["timestamp"].is_string() && frame["type"].is_string());
    if frame["type"] == "error" {
        let code = metadata["code"].as_str().expect("an error has a code");
        assert!(WRONG.contains(&code), "{frame}");
    }
    metadata.get("ack").cloned()
}
